//! Refunds: what a paid reservation is read and undone with, each write with its guard.

use chrono::{DateTime, Utc};
use shared::ids::{SeatId, UserId};
use shared::sabotage;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::reservation::status;
use super::{Connection, Failure, bind_all, count, fan, of_seats, places, seat_id, signed, utc};
use crate::domain::refund::Sale;
use crate::domain::reservation::ReservationId;

#[derive(sqlx::FromRow)]
struct SaleRow {
    status: String,
    amount: i64,
    seat_id: i64,
    payment_id: Option<Uuid>,
    refunded_at: Option<DateTime<Utc>>,
    cancel_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
}

/// The user's reservation of this id: another user's is not found, like an unknown one.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    on: &mut Connection,
    user: UserId,
    id: ReservationId,
) -> Result<Option<Sale>, Failure> {
    let rows: Vec<SaleRow> = sqlx::query_as(
        "SELECT r.status, r.amount, rs.seat_id, p.id AS payment_id, p.refunded_at,
                d.starts_at - INTERVAL c.cancel_until_hours HOUR AS cancel_until,
                UTC_TIMESTAMP(6) AS now
           FROM reservations r
           JOIN concert_dates d ON d.id = r.concert_date_id
           JOIN concerts c ON c.id = d.concert_id
           JOIN reservation_seats rs ON rs.reservation_id = r.id
           LEFT JOIN payments p ON p.reservation_id = r.id
          WHERE r.id = ? AND r.user_id = ? ORDER BY rs.seat_id",
    )
    .bind(id.0)
    .bind(signed(user.get()))
    .fetch_all(on)
    .await?;
    let seats: Result<Vec<SeatId>, Failure> = rows.iter().map(|row| seat_id(row.seat_id)).collect();
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(Sale {
        status: status(&first.status)?,
        amount: first.amount,
        seats: seats?,
        payment: first.payment_id,
        refunded_at: first.refunded_at,
        cancel_until: first.cancel_until,
        now: first.now,
    }))
}

/// Whose reservation something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A user's.
    Fan(UserId),
    /// That of a user who was forgotten.
    Forgotten,
}

/// Whose the reservation of this id is, when there is one.
///
/// # Errors
/// When the database does not answer.
pub async fn owner(on: &mut Connection, id: ReservationId) -> Result<Option<Owner>, Failure> {
    let user: Option<i64> = sqlx::query_scalar("SELECT user_id FROM reservations WHERE id = ?")
        .bind(id.0)
        .fetch_optional(on)
        .await?;
    Ok(user.map(|user| fan(user).map_or(Owner::Forgotten, Owner::Fan)))
}

pub(super) fn free_seats_sql(seats: usize) -> String {
    format!(
        "UPDATE seats FORCE INDEX (PRIMARY) SET status = 'available', reservation_id = NULL
          WHERE id IN ({}) AND {}",
        places(seats),
        is_its_own()
    )
}

/// Guard: only seats that are sold to this reservation are freed, so a refund happens once.
fn is_its_own() -> &'static str {
    if sabotage::is_off("refund-once") {
        "? IS NOT NULL"
    } else {
        "reservation_id = ? AND status = 'sold'"
    }
}

/// Makes the seats available that are sold to this reservation. Answers how many those were: all,
/// or it has been refunded.
///
/// # Errors
/// When the database refuses.
pub async fn free_seats(
    on: &mut Connection,
    seats: &[SeatId],
    reservation: ReservationId,
) -> Result<usize, Failure> {
    let query = sqlx::query(AssertSqlSafe(free_seats_sql(seats.len())));
    let done = bind_all(query, of_seats(seats))
        .bind(reservation.0)
        .execute(on)
        .await?;
    Ok(count(done.rows_affected()))
}

pub(super) fn close_sql() -> String {
    "UPDATE reservations FORCE INDEX (PRIMARY)
        SET status = 'refunded', closed_at = UTC_TIMESTAMP(6)
      WHERE id = ? AND user_id = ? AND status = 'paid'"
        .to_owned()
}

/// Marks the user's reservation as refunded. Answers `false` when it was not paid.
///
/// # Errors
/// When the database refuses.
pub async fn close(on: &mut Connection, user: UserId, id: ReservationId) -> Result<bool, Failure> {
    let done = sqlx::query(AssertSqlSafe(close_sql()))
        .bind(id.0)
        .bind(signed(user.get()))
        .execute(on)
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) fn unsell_sql() -> String {
    "UPDATE reservation_seats FORCE INDEX (PRIMARY) SET sold = NULL
      WHERE reservation_id = ? AND sold = 1"
        .to_owned()
}

/// Takes the mark off that these seats are sold by the reservation. Answers how many those were.
///
/// # Errors
/// When the database refuses.
pub async fn unsell(on: &mut Connection, id: ReservationId) -> Result<usize, Failure> {
    let done = sqlx::query(AssertSqlSafe(unsell_sql()))
        .bind(id.0)
        .execute(on)
        .await?;
    Ok(count(done.rows_affected()))
}

pub(super) fn give_back_sql() -> String {
    "UPDATE payments FORCE INDEX (PRIMARY) SET refunded_at = ?
      WHERE id = ? AND refunded_at IS NULL"
        .to_owned()
}

/// Marks a payment as refunded. Answers `false` when it was so already.
///
/// # Errors
/// When the database refuses.
pub async fn give_back(
    on: &mut Connection,
    payment: Uuid,
    at: DateTime<Utc>,
) -> Result<bool, Failure> {
    let done = sqlx::query(AssertSqlSafe(give_back_sql()))
        .bind(utc(at))
        .bind(payment)
        .execute(on)
        .await?;
    Ok(done.rows_affected() == 1)
}
