//! A date that is called off: its sale is closed, and its seats are blocked, a batch at a time.
//!
//! A blocked seat cannot be taken, so what is done stays done, whoever still has a call running.

use shared::ids::{SeatId, UserId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Connection, Failure, bind_all, fan, of_seats, places, seat_id};
use crate::domain::reservation::ReservationId;

/// Closes the sale of a date, where it is not closed yet.
///
/// # Errors
/// When the database refuses.
pub async fn close_sale(on: &mut Connection, date: i64) -> Result<(), Failure> {
    sqlx::query(
        "UPDATE concert_dates
            SET sales_open_at = LEAST(sales_open_at, UTC_TIMESTAMP(6)),
                sales_close_at = LEAST(sales_close_at, UTC_TIMESTAMP(6))
          WHERE id = ?",
    )
    .bind(date)
    .execute(on)
    .await?;
    Ok(())
}

/// How many seats of the date wait for something to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Left {
    /// Seats that are to be blocked.
    pub available: i64,
    /// Seats whose hold is to be ended.
    pub held: i64,
    /// Seats whose money is to go back.
    pub sold: i64,
    /// Sold seats of users who were forgotten: there is nobody to give the money to.
    pub forgotten: i64,
}

/// What is left to do.
///
/// # Errors
/// When the database does not answer.
pub async fn left(on: &mut Connection, date: i64) -> Result<Left, Failure> {
    let left = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(s.status = 'available'), 0) AS SIGNED) AS available,
                CAST(COALESCE(SUM(s.status = 'held'), 0) AS SIGNED) AS held,
                CAST(COALESCE(SUM(s.status = 'sold' AND COALESCE(r.user_id, 1) > 0), 0)
                     AS SIGNED) AS sold,
                CAST(COALESCE(SUM(s.status = 'sold' AND r.user_id < 0), 0) AS SIGNED) AS forgotten
           FROM seats s LEFT JOIN reservations r ON r.id = s.reservation_id
          WHERE s.concert_date_id = ?",
    );
    Ok(left.bind(date).fetch_one(on).await?)
}

/// Up to `limit` available seats of the date, by id.
///
/// # Errors
/// When the database does not answer.
pub async fn available(on: &mut Connection, date: i64, limit: u32) -> Result<Vec<SeatId>, Failure> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM seats WHERE concert_date_id = ? AND status = 'available'
          ORDER BY id LIMIT ?",
    )
    .bind(date)
    .bind(limit)
    .fetch_all(on)
    .await?;
    ids.into_iter().map(seat_id).collect()
}

/// The held seats of the date by reservation, of up to `limit` seats, by id.
///
/// # Errors
/// When the database does not answer.
pub async fn held(
    on: &mut Connection,
    date: i64,
    limit: u32,
) -> Result<Vec<(SeatId, ReservationId)>, Failure> {
    let rows: Vec<(i64, Uuid)> = sqlx::query_as(
        "SELECT id, reservation_id FROM seats
          WHERE concert_date_id = ? AND status = 'held' AND reservation_id IS NOT NULL
          ORDER BY id LIMIT ?",
    )
    .bind(date)
    .bind(limit)
    .fetch_all(on)
    .await?;
    rows.into_iter()
        .map(|(id, reservation)| Ok((seat_id(id)?, ReservationId(reservation))))
        .collect()
}

/// Up to `limit` reservations with sold seats of the date, after this one, each with its user.
/// Those of forgotten users are left out.
///
/// # Errors
/// When the database does not answer.
pub async fn sold(
    on: &mut Connection,
    date: i64,
    after: ReservationId,
    limit: u32,
) -> Result<Vec<(ReservationId, UserId)>, Failure> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT DISTINCT s.reservation_id, r.user_id
           FROM seats s JOIN reservations r ON r.id = s.reservation_id
          WHERE s.concert_date_id = ? AND s.status = 'sold' AND r.user_id > 0
            AND s.reservation_id > ?
          ORDER BY s.reservation_id LIMIT ?",
    )
    .bind(date)
    .bind(after.0)
    .bind(limit)
    .fetch_all(on)
    .await?;
    let rows = rows.into_iter();
    let found = rows.filter_map(|(id, user)| Some((ReservationId(id), fan(user)?)));
    Ok(found.collect())
}

pub(super) fn block_sql(seats: usize) -> String {
    format!(
        "UPDATE seats FORCE INDEX (PRIMARY) SET status = 'blocked'
          WHERE id IN ({}) AND status = 'available'",
        places(seats)
    )
}

/// Blocks those of the seats that are available. Answers how many.
///
/// # Errors
/// When the database refuses.
pub async fn block(on: &mut Connection, seats: &[SeatId]) -> Result<u64, Failure> {
    let query = sqlx::query(AssertSqlSafe(block_sql(seats.len())));
    let done = bind_all(query, of_seats(seats)).execute(on).await?;
    Ok(done.rows_affected())
}

pub(super) fn end_hold_sql(seats: usize) -> String {
    format!(
        "UPDATE seats FORCE INDEX (PRIMARY)
            SET status = 'blocked', reservation_id = NULL, hold_expires_at = NULL
          WHERE id IN ({}) AND reservation_id = ? AND status = 'held'",
        places(seats)
    )
}

/// Blocks those of the seats that this reservation holds. Answers how many.
///
/// # Errors
/// When the database refuses.
pub async fn end_hold(
    on: &mut Connection,
    seats: &[SeatId],
    reservation: ReservationId,
) -> Result<u64, Failure> {
    let query = sqlx::query(AssertSqlSafe(end_hold_sql(seats.len())));
    let done = bind_all(query, of_seats(seats))
        .bind(reservation.0)
        .execute(on)
        .await?;
    Ok(done.rows_affected())
}

pub(super) fn close_hold_sql() -> String {
    "UPDATE reservations FORCE INDEX (PRIMARY)
        SET status = IF(expires_at <= UTC_TIMESTAMP(6), 'expired', 'released'),
            closed_at = UTC_TIMESTAMP(6)
      WHERE id = ? AND status = 'reserved'"
        .to_owned()
}

/// Closes the reservation of a hold that was ended, where nobody else has.
///
/// # Errors
/// When the database refuses.
pub async fn close_hold(on: &mut Connection, id: ReservationId) -> Result<(), Failure> {
    sqlx::query(AssertSqlSafe(close_hold_sql()))
        .bind(id.0)
        .execute(on)
        .await?;
    Ok(())
}
