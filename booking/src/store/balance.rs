//! Balances. The caller's own row is the first that every transaction locks: it makes the calls of
//! one user serial, so that limits per user are exact and keys never race.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use shared::ids::UserId;
use shared::sabotage;

use super::key::{KeyColumns, stored};
use super::{
    Connection, Failure, Question, Statement, case, fan, of_users, places, signed, unless_taken,
};
use crate::domain::balance::MAX_BALANCE_WON;
use crate::domain::key::{Keyed, Stored};

/// The caller's balance row, locked until the transaction ends.
#[derive(Debug)]
pub struct Account {
    /// What there is, in won.
    pub balance: i64,
    /// The database's clock when it was asked for the lock. Rows are dated with it; nothing is
    /// judged by it.
    pub now: DateTime<Utc>,
    /// The answer that stands under the key of this call.
    pub stored: Option<Stored>,
}

impl Account {
    /// Whether it covers this many won.
    #[must_use]
    pub fn covers(&self, won: i64) -> bool {
        self.balance >= least_balance(won)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    balance: i64,
    now: DateTime<Utc>,
    #[sqlx(flatten)]
    key: KeyColumns,
}

/// Locks the caller's balance row and looks the key up, in this order and in one statement.
///
/// # Errors
/// [`Failure::UnknownUser`] when there is no such row yet.
pub async fn lock(
    on: &mut Connection,
    user: UserId,
    keyed: Option<&Keyed>,
) -> Result<Account, Failure> {
    let account = locked(user, keyed).ask(on).await?;
    account.ok_or(Failure::UnknownUser)
}

/// The same as a question: the account, when the user has one.
#[must_use]
pub fn locked(user: UserId, keyed: Option<&Keyed>) -> Question<Option<Account>> {
    // A join costs as much as the lock itself, so none is made without a key.
    let statement = match keyed {
        None => Statement::new(format!(
            "SELECT b.balance, UTC_TIMESTAMP(6) AS now, NULL AS fingerprint, NULL AS http_status,
                    NULL AS body, NULL AS revoke_ticket
               FROM balances b WHERE b.user_id = ? {}",
            row_lock()
        )),
        Some(keyed) => Statement::new(format!(
            "SELECT b.balance, UTC_TIMESTAMP(6) AS now,
                    k.fingerprint, k.http_status, k.body, k.revoke_ticket
               FROM balances b
               LEFT JOIN idempotency_keys k ON k.user_id = b.user_id AND k.idem_key = ?
              WHERE b.user_id = ? {}",
            row_lock()
        ))
        .bind(keyed.key.as_bytes()),
    };
    let statement = statement.bind(signed(user.get()));
    Question::new(statement, |rows: Vec<Row>| {
        let account = |row: Row| {
            Ok(Account {
                balance: row.balance,
                now: row.now,
                stored: stored(row.key)?,
            })
        };
        rows.into_iter().next().map(account).transpose()
    })
}

#[derive(sqlx::FromRow)]
struct RowOf {
    user_id: i64,
    balance: i64,
    now: DateTime<Utc>,
}

pub(super) fn lock_together_sql(users: usize) -> String {
    format!(
        "SELECT user_id, balance, UTC_TIMESTAMP(6) AS now FROM balances FORCE INDEX (PRIMARY)
          WHERE user_id IN ({}) ORDER BY user_id {}",
        places(users),
        row_lock_unless_taken()
    )
}

/// Locks the balance rows of several users, ascending. Those whose row somebody else has locked
/// are passed over like those who have none: nobody waits here for another user's call.
#[must_use]
pub fn lock_together(users: &[UserId]) -> Question<HashMap<UserId, Account>> {
    let sql = lock_together_sql(users.len());
    let statement = Statement::new(sql).bind_all(of_users(users));
    Question::new(statement, |rows: Vec<RowOf>| {
        let account = |row: RowOf| {
            let account = Account {
                balance: row.balance,
                now: row.now,
                stored: None,
            };
            Some((fan(row.user_id)?, account))
        };
        Ok(rows.into_iter().filter_map(account).collect())
    })
}

/// The same guard, for several users at once.
fn row_lock_unless_taken() -> String {
    let lock = row_lock();
    if lock.is_empty() {
        lock.to_owned()
    } else {
        format!("{lock} {}", unless_taken())
    }
}

/// Guard: makes one user's calls wait for each other.
fn row_lock() -> &'static str {
    if sabotage::is_off("balance-lock") {
        ""
    } else {
        "FOR UPDATE"
    }
}

/// Adds to a balance. Answers `false` when it would rise above its limit.
///
/// # Errors
/// When the database refuses.
pub async fn add(on: &mut Connection, user: UserId, won: i64) -> Result<bool, Failure> {
    let done =
        sqlx::query("UPDATE balances SET balance = balance + ? WHERE user_id = ? AND balance <= ?")
            .bind(won)
            .bind(signed(user.get()))
            .bind(MAX_BALANCE_WON - won)
            .execute(on)
            .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) fn subtract_sql(users: usize) -> String {
    format!(
        "UPDATE balances FORCE INDEX (PRIMARY) SET balance = balance - {case}
          WHERE user_id IN ({}) AND balance >= {case}",
        places(users),
        case = case("user_id", users),
    )
}

/// Takes from balances, of each user so many won: hits those on which there is enough.
#[must_use]
pub fn subtract(prices: &[(UserId, i64)]) -> Statement {
    let mut statement = Statement::new(subtract_sql(prices.len()));
    for (user, won) in prices {
        statement = statement.bind(signed(user.get())).bind(*won);
    }
    statement = statement.bind_all(prices.iter().map(|(user, _)| signed(user.get())));
    for (user, won) in prices {
        statement = statement.bind(signed(user.get())).bind(least_balance(*won));
    }
    statement
}

/// Guard: what a balance has to be at least, to pay this. Switched off, only the CHECK of the
/// table is left, and that is no answer that a fan should ever see.
fn least_balance(won: i64) -> i64 {
    if sabotage::is_off("balance-guard") {
        0
    } else {
        won
    }
}

/// A user's balance, in won: 0 for who has no rows yet.
///
/// # Errors
/// When the database does not answer.
pub async fn of(on: &mut Connection, user: UserId) -> Result<i64, Failure> {
    let balance: Option<i64> = sqlx::query_scalar("SELECT balance FROM balances WHERE user_id = ?")
        .bind(signed(user.get()))
        .fetch_optional(on)
        .await?;
    Ok(balance.unwrap_or(0))
}
