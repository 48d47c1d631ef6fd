//! Idempotency keys: the last row that a transaction writes, so that it stands for a success.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use shared::ids::{Ticket, UserId};
use shared::sabotage;

use super::{Connection, Failure, Question, Statement, rows, signed};
use crate::domain::key::{Answer, IdempotencyKey, Keyed, Stored};

/// The columns of a key that may not be there, under the names that every query gives them.
#[derive(sqlx::FromRow)]
pub(super) struct KeyColumns {
    fingerprint: Option<Vec<u8>>,
    http_status: Option<i16>,
    body: Option<Vec<u8>>,
    revoke_ticket: Option<i64>,
}

/// What stands under the key, or nothing.
pub(super) fn stored(row: KeyColumns) -> Result<Option<Stored>, Failure> {
    let (Some(fingerprint), false) = (row.fingerprint, look_up_is_off()) else {
        return Ok(None);
    };
    let status = row
        .http_status
        .and_then(|status| u16::try_from(status).ok());
    let (Some(status), Some(body)) = (status, row.body) else {
        return Err(Failure::Broken("a key stands without its answer"));
    };
    let answer = Answer {
        status,
        body,
        revoke: row
            .revoke_ticket
            .map(|ticket| Ticket(ticket.cast_unsigned())),
        replayed: true,
    };
    Ok(Some(Stored {
        fingerprint,
        answer,
    }))
}

/// Guard: a known key is answered and nothing is done again.
fn look_up_is_off() -> bool {
    sabotage::is_off("idempotency")
}

#[derive(sqlx::FromRow)]
struct Row {
    user_id: i64,
    idem_key: Vec<u8>,
    #[sqlx(flatten)]
    key: KeyColumns,
}

/// What stands under each of these keys, in their order. Looked up without any lock: one that is
/// still being written is not seen.
#[must_use]
pub fn look(wanted: Vec<(UserId, IdempotencyKey)>) -> Question<Vec<Option<Stored>>> {
    if wanted.is_empty() {
        return Question::nothing(Vec::new());
    }
    // Spelled out: not every server finds pairs through the primary key.
    let each = vec!["(user_id = ? AND idem_key = ?)"; wanted.len()].join(" OR ");
    let sql = format!(
        "SELECT user_id, idem_key, fingerprint, http_status, body, revoke_ticket
           FROM idempotency_keys WHERE {each}"
    );
    let statement = wanted
        .iter()
        .fold(Statement::new(sql), |statement, (user, key)| {
            statement.bind(signed(user.get())).bind(key.as_bytes())
        });
    Question::new(statement, move |rows: Vec<Row>| {
        let mut known = HashMap::new();
        for row in rows {
            known.insert((row.user_id, row.idem_key), stored(row.key)?);
        }
        let find = |(user, key): &(UserId, IdempotencyKey)| {
            let pair = (signed(user.get()), key.as_bytes().to_vec());
            known.get(&pair).cloned().flatten()
        };
        Ok(wanted.iter().map(find).collect())
    })
}

/// A success that is to be kept under its key.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// Whose call it was.
    pub user: UserId,
    /// With which key.
    pub keyed: &'a Keyed,
    /// What was answered.
    pub answer: &'a Answer,
}

/// Keeps successes, each under its key. Nothing when there are none.
#[must_use]
pub fn insert(all: &[New<'_>], now: DateTime<Utc>) -> Option<Statement> {
    if all.is_empty() {
        return None;
    }
    let sql = format!(
        "INSERT INTO idempotency_keys
            (user_id, idem_key, fingerprint, http_status, body, revoke_ticket, created_at)
         VALUES {}",
        rows(all.len(), 7)
    );
    let mut statement = Statement::new(sql);
    for New {
        user,
        keyed,
        answer,
    } in all
    {
        statement = statement
            .bind(signed(user.get()))
            .bind(keyed.key.as_bytes())
            .bind(keyed.fingerprint.as_bytes())
            .bind(answer.status)
            .bind(answer.body.as_slice())
            .bind(answer.revoke.map(|ticket| signed(ticket.0)))
            .bind(now);
    }
    Some(statement)
}

/// Forgets up to `limit` keys that are older than `hours`. Answers how many.
///
/// # Errors
/// When the database refuses.
pub async fn forget(on: &mut Connection, hours: u32, limit: u32) -> Result<u64, Failure> {
    let done = sqlx::query(
        "DELETE FROM idempotency_keys WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL ? HOUR
          ORDER BY created_at LIMIT ?",
    )
    .bind(hours)
    .bind(limit)
    .execute(on)
    .await?;
    Ok(done.rows_affected())
}
