//! A user's own rows. They are made by the first call that writes, never by one that reads, and go
//! over to a pseudonym, a number below zero, when the user is forgotten.

use shared::ids::UserId;

use super::{Connection, Failure, signed};

/// Makes the user and an empty balance, where they are missing. The caller holds a transaction.
///
/// # Errors
/// When the database refuses.
pub async fn create(on: &mut Connection, user: UserId) -> Result<(), Failure> {
    let user = signed(user.get());
    sqlx::query("INSERT IGNORE INTO users (id, created_at) VALUES (?, UTC_TIMESTAMP(6))")
        .bind(user)
        .execute(&mut *on)
        .await?;
    sqlx::query("INSERT IGNORE INTO balances (user_id, balance) VALUES (?, 0)")
        .bind(user)
        .execute(&mut *on)
        .await?;
    Ok(())
}

/// What still ties a user to the box office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Ties {
    /// Live holds.
    pub holds: i64,
    /// Paid reservations of dates that have not begun.
    pub tickets: i64,
}

/// Counts the ties of a user.
///
/// # Errors
/// When the database does not answer.
pub async fn ties(on: &mut Connection, user: UserId) -> Result<Ties, Failure> {
    let ties = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(r.status = 'reserved' AND r.expires_at > UTC_TIMESTAMP(6)), 0)
                     AS SIGNED) AS holds,
                CAST(COALESCE(SUM(r.status = 'paid' AND d.starts_at > UTC_TIMESTAMP(6)), 0)
                     AS SIGNED) AS tickets
           FROM reservations r FORCE INDEX (reservations_of_user)
           JOIN concert_dates d ON d.id = r.concert_date_id
          WHERE r.user_id = ?",
    );
    Ok(ties.bind(signed(user.get())).fetch_one(on).await?)
}

/// What stays in the books under a pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Reservations.
    pub reservations: u64,
    /// Payments.
    pub payments: u64,
    /// Ledger entries.
    pub entries: u64,
}

/// Gives every row of a user to a pseudonym, a number below zero, and drops the stored answers.
/// The caller holds the user's balance row.
///
/// # Errors
/// When the database refuses.
pub async fn rename(on: &mut Connection, user: UserId, pseudonym: i64) -> Result<Kept, Failure> {
    let user = signed(user.get());
    let new = [
        "INSERT INTO users (id, created_at) VALUES (?, UTC_TIMESTAMP(6))",
        "INSERT INTO balances (user_id, balance) VALUES (?, 0)",
    ];
    for sql in new {
        sqlx::query(sql).bind(pseudonym).execute(&mut *on).await?;
    }
    let moved = [
        // By the reservation: payments have no key by user.
        "UPDATE payments p JOIN reservations r ON r.id = p.reservation_id
            SET p.user_id = ? WHERE r.user_id = ?",
        "UPDATE reservations SET user_id = ? WHERE user_id = ?",
        "UPDATE balance_history SET user_id = ? WHERE user_id = ?",
    ];
    let mut rows = [0; 3];
    for (sql, rows) in moved.into_iter().zip(&mut rows) {
        let query = sqlx::query(sql).bind(pseudonym).bind(user);
        *rows = query.execute(&mut *on).await?.rows_affected();
    }
    let gone = [
        "DELETE FROM idempotency_keys WHERE user_id = ?",
        "DELETE FROM balances WHERE user_id = ?",
        "DELETE FROM users WHERE id = ?",
    ];
    for sql in gone {
        sqlx::query(sql).bind(user).execute(&mut *on).await?;
    }
    let [payments, reservations, entries] = rows;
    Ok(Kept {
        reservations,
        payments,
        entries,
    })
}
