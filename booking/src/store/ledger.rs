//! The ledger: one line for every change of a balance, only ever added to.

use chrono::{DateTime, NaiveDate, Utc};
use shared::ids::UserId;
use uuid::Uuid;

use super::statement::Value;
use super::{Connection, Failure, Statement, concert_id, rows, signed};
pub use crate::domain::ledger::Kind;
use crate::domain::ledger::{EntryId, LedgerEntry, Purchase};
use crate::domain::reservation::ReservationId;

/// One line.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Whose balance.
    pub user: UserId,
    /// What it is about: the payment's id, or the charge's own.
    pub reference: Uuid,
    /// How much, in won, always above 0; the kind says in which direction.
    pub amount: i64,
    /// The balance after it, in won.
    pub balance_after: i64,
}

/// Writes lines of one kind, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn write(
    on: &mut Connection,
    kind: Kind,
    entries: &[Entry],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    lines(kind, entries, now).run(on).await?;
    Ok(())
}

/// The same as a statement.
#[must_use]
pub fn lines(kind: Kind, entries: &[Entry], now: DateTime<Utc>) -> Statement {
    let sql = format!(
        "INSERT INTO balance_history (user_id, kind, ref, amount, balance_after, created_at)
         VALUES {}",
        rows(entries.len(), 6)
    );
    entries
        .iter()
        .fold(Statement::new(sql), |statement, entry| {
            statement
                .bind(signed(entry.user.get()))
                .bind(Value::text(kind.as_str()))
                .bind(entry.reference)
                .bind(entry.amount)
                .bind(entry.balance_after)
                .bind(now)
        })
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    kind: String,
    amount: i64,
    balance_after: i64,
    created_at: DateTime<Utc>,
    payment_id: Option<Uuid>,
    reservation_id: Option<Uuid>,
    concert_id: Option<i64>,
    date: Option<NaiveDate>,
}

/// Up to `limit` lines of a user that are older than `before`, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    on: &mut Connection,
    user: UserId,
    before: Option<EntryId>,
    limit: u32,
) -> Result<Vec<LedgerEntry>, Failure> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT h.id, h.kind, h.amount, h.balance_after, h.created_at, p.id AS payment_id,
                p.reservation_id, d.concert_id, d.date
           FROM balance_history h FORCE INDEX (history_of_user)
           LEFT JOIN payments p ON p.id = h.ref
           LEFT JOIN reservations r ON r.id = p.reservation_id
           LEFT JOIN concert_dates d ON d.id = r.concert_date_id
          WHERE h.user_id = ? AND h.id < ? ORDER BY h.id DESC LIMIT ?",
    )
    .bind(signed(user.get()))
    .bind(before.map_or(i64::MAX, |id| id.0))
    .bind(limit)
    .fetch_all(on)
    .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<LedgerEntry, Failure> {
    Ok(LedgerEntry {
        id: EntryId(row.id),
        kind: row.kind.parse().map_err(Failure::Broken)?,
        amount: row.amount,
        balance_after: row.balance_after,
        created_at: row.created_at,
        purchase: purchase(row)?,
    })
}

/// What a line with a payment is about.
fn purchase(row: &Row) -> Result<Option<Purchase>, Failure> {
    let about = (row.payment_id, row.reservation_id, row.concert_id, row.date);
    let (Some(payment), Some(reservation), Some(concert), Some(date)) = about else {
        return Ok(None);
    };
    Ok(Some(Purchase {
        payment,
        reservation: ReservationId(reservation),
        concert: concert_id(concert)?,
        date,
    }))
}
