//! Seats that an operator takes out of the sale.

use shared::ids::SeatId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Connection, Failure, bind_all, count, of_seats, places, seat_id};
use crate::domain::reservation::ReservationId;

/// How a seat stands, in the words of the API and `blocked`.
#[derive(Debug)]
pub struct Found {
    /// The seat.
    pub seat: SeatId,
    /// Its state; a lapsed hold is available.
    pub state: String,
    /// The reservation whose lapsed hold is on it.
    pub lapsed: Option<ReservationId>,
}

/// How these seats stand. Those that there are none of are left out.
///
/// # Errors
/// When the database does not answer.
pub async fn states(on: &mut Connection, seats: &[SeatId]) -> Result<Vec<Found>, Failure> {
    let sql = format!(
        "SELECT id, IF(status = 'held' AND hold_expires_at <= UTC_TIMESTAMP(6),
                       'available', CAST(status AS CHAR)),
                IF(status = 'held', reservation_id, NULL)
           FROM seats WHERE id IN ({})",
        places(seats.len())
    );
    let mut query = sqlx::query_as(AssertSqlSafe(sql));
    for id in of_seats(seats) {
        query = query.bind(id);
    }
    let rows: Vec<(i64, String, Option<Uuid>)> = query.fetch_all(on).await?;
    let found = rows.into_iter().map(|(id, state, holder)| {
        Ok(Found {
            seat: seat_id(id)?,
            state,
            lapsed: holder.map(ReservationId),
        })
    });
    found.collect()
}

pub(super) fn block_sql(seats: usize) -> String {
    format!(
        "UPDATE seats FORCE INDEX (PRIMARY)
            SET status = 'blocked', reservation_id = NULL, hold_expires_at = NULL
          WHERE id IN ({})
            AND (status = 'available'
                 OR (status = 'held' AND hold_expires_at <= UTC_TIMESTAMP(6)))",
        places(seats)
    )
}

/// Blocks those of the seats that can be reserved. Answers how many those were: all, or the caller
/// rolls back.
///
/// # Errors
/// When the database refuses.
pub async fn block(on: &mut Connection, seats: &[SeatId]) -> Result<usize, Failure> {
    update(on, block_sql(seats.len()), seats).await
}

pub(super) fn unblock_sql(seats: usize) -> String {
    format!(
        "UPDATE seats FORCE INDEX (PRIMARY) SET status = 'available'
          WHERE id IN ({}) AND status = 'blocked'",
        places(seats)
    )
}

/// Puts those of the seats back that are blocked. Answers how many those were.
///
/// # Errors
/// When the database refuses.
pub async fn unblock(on: &mut Connection, seats: &[SeatId]) -> Result<usize, Failure> {
    update(on, unblock_sql(seats.len()), seats).await
}

async fn update(on: &mut Connection, sql: String, seats: &[SeatId]) -> Result<usize, Failure> {
    let query = bind_all(sqlx::query(AssertSqlSafe(sql)), of_seats(seats));
    Ok(count(query.execute(on).await?.rows_affected()))
}
