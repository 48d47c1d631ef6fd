//! Reservations and the seats of each at their frozen prices.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::ids::{QueueName, SeatId, UserId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

pub mod page;

use super::{Connection, Failure, bind_all, count, places, seat_id, signed, utc};
use crate::domain::payment::Due;
use crate::domain::reservation::{Deadline, Hold, ReservationId, Status};
use crate::domain::seat::{Offer, Possession};

/// Writes a new reservation with the seats of the offer.
///
/// # Errors
/// When the database refuses.
pub async fn insert(
    on: &mut Connection,
    user: UserId,
    id: ReservationId,
    offer: &Offer,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO reservations
            (id, user_id, concert_date_id, status, amount, created_at, expires_at)
         VALUES (?, ?, ?, 'reserved', ?, ?, ?)",
    )
    .bind(id.0)
    .bind(signed(user.get()))
    .bind(offer.date)
    .bind(offer.amount())
    .bind(utc(offer.deadline.read_at()))
    .bind(utc(offer.deadline.at))
    .execute(&mut *on)
    .await?;
    let rows = vec!["(?, ?, ?)"; offer.seats.len()].join(", ");
    let sql =
        format!("INSERT INTO reservation_seats (reservation_id, seat_id, price) VALUES {rows}");
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for seat in &offer.seats {
        query = query
            .bind(id.0)
            .bind(signed(seat.id.get()))
            .bind(seat.price);
    }
    query.execute(on).await?;
    Ok(())
}

pub(super) fn expire_sql(reservations: usize) -> String {
    format!(
        "UPDATE reservations FORCE INDEX (PRIMARY)
            SET status = 'expired', closed_at = UTC_TIMESTAMP(6)
          WHERE id IN ({}) AND status = 'reserved'",
        places(reservations)
    )
}

/// Writes down that these have expired, where nobody else has. The caller has just taken or freed
/// their seats, so they have.
///
/// # Errors
/// When the database refuses.
pub async fn expire(on: &mut Connection, reservations: &[ReservationId]) -> Result<(), Failure> {
    if reservations.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(AssertSqlSafe(expire_sql(reservations.len())));
    bind_all(query, reservations.iter().map(|reservation| reservation.0))
        .execute(on)
        .await?;
    Ok(())
}

pub(super) fn pay_sql(reservations: usize) -> String {
    format!(
        "UPDATE reservations FORCE INDEX (PRIMARY) SET status = 'paid', paid_at = ?
          WHERE id IN ({}) AND user_id = ? AND status = 'reserved'",
        places(reservations)
    )
}

/// Marks these reservations of the user as paid. Answers how many were still reserved.
///
/// # Errors
/// When the database refuses.
pub async fn pay(
    on: &mut Connection,
    user: UserId,
    reservations: &[ReservationId],
    paid_at: DateTime<Utc>,
) -> Result<usize, Failure> {
    let query = sqlx::query(AssertSqlSafe(pay_sql(reservations.len()))).bind(utc(paid_at));
    let done = bind_all(query, reservations.iter().map(|reservation| reservation.0))
        .bind(signed(user.get()))
        .execute(on)
        .await?;
    Ok(count(done.rows_affected()))
}

pub(super) fn sell_seats_sql(reservations: usize) -> String {
    format!(
        "UPDATE reservation_seats FORCE INDEX (PRIMARY) SET sold = 1 WHERE reservation_id IN ({})",
        places(reservations)
    )
}

/// Marks the seats of these reservations as sold: the unique key over sold seats is the second
/// guard against selling one twice. Answers how many.
///
/// # Errors
/// A seat that is sold already is [`Failure::Bug`]: the first guard has failed.
pub async fn sell_seats(
    on: &mut Connection,
    reservations: &[ReservationId],
) -> Result<usize, Failure> {
    let query = sqlx::query(AssertSqlSafe(sell_seats_sql(reservations.len())));
    let done = bind_all(query, reservations.iter().map(|reservation| reservation.0))
        .execute(on)
        .await?;
    Ok(count(done.rows_affected()))
}

pub(super) fn release_sql() -> String {
    "UPDATE reservations FORCE INDEX (PRIMARY)
        SET status = 'released', closed_at = UTC_TIMESTAMP(6)
      WHERE id = ? AND status = 'reserved'"
        .to_owned()
}

/// Marks a reservation as released. Answers `false` when it was not reserved any more.
///
/// # Errors
/// When the database refuses.
pub async fn release(on: &mut Connection, id: ReservationId) -> Result<bool, Failure> {
    let done = sqlx::query(AssertSqlSafe(release_sql()))
        .bind(id.0)
        .execute(on)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// A reservation as its owner's call finds it.
#[derive(Debug, Clone)]
pub struct Found {
    /// How it stands in the database.
    pub status: Status,
    /// Whether its hold has ended, whatever the status says.
    pub lapsed: bool,
    /// The queue that sells its concert.
    pub queue: String,
    /// Its seats, ascending.
    pub seats: Vec<SeatId>,
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    status: String,
    lapsed: bool,
    queue: String,
    seat_id: i64,
}

/// The user's reservation of this id: another user's is not found, like an unknown one.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    on: &mut Connection,
    user: UserId,
    id: ReservationId,
) -> Result<Option<Found>, Failure> {
    let rows: Vec<FoundRow> = sqlx::query_as(
        "SELECT r.status, r.expires_at <= UTC_TIMESTAMP(6) AS lapsed, c.queue, rs.seat_id
           FROM reservations r
           JOIN concert_dates d ON d.id = r.concert_date_id
           JOIN concerts c ON c.id = d.concert_id
           JOIN reservation_seats rs ON rs.reservation_id = r.id
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
    Ok(Some(Found {
        status: status(&first.status)?,
        lapsed: first.lapsed,
        queue: first.queue.clone(),
        seats: seats?,
    }))
}

/// Whether the newest reservation of the user in this queue lapsed less than `hours` ago. The
/// newest by the database's clock: ids carry the clock of whoever made them.
///
/// # Errors
/// When the database does not answer.
pub async fn newest_lapsed_lately(
    on: &mut Connection,
    user: UserId,
    queue: &QueueName,
    hours: u32,
) -> Result<bool, Failure> {
    let row: Option<(String, bool, bool)> = sqlx::query_as(
        "SELECT r.status, r.expires_at <= UTC_TIMESTAMP(6) AS lapsed,
                r.expires_at > UTC_TIMESTAMP(6) - INTERVAL ? HOUR AS lately
           FROM reservations r FORCE INDEX (reservations_of_user)
           JOIN concert_dates d ON d.id = r.concert_date_id
           JOIN concerts c ON c.id = d.concert_id
          WHERE r.user_id = ? AND c.queue = ? ORDER BY r.created_at DESC, r.id DESC LIMIT 1",
    )
    .bind(hours)
    .bind(signed(user.get()))
    .bind(queue.as_str())
    .fetch_optional(on)
    .await?;
    let Some((newest, lapsed, lately)) = row else {
        return Ok(false);
    };
    Ok(lately && status(&newest)?.shown(lapsed) == Status::Expired)
}

/// The user's live holds in this queue, by reservation, ascending.
///
/// # Errors
/// When the database does not answer.
pub async fn due(
    on: &mut Connection,
    user: UserId,
    queue: &QueueName,
) -> Result<Vec<Due>, Failure> {
    let rows: Vec<(Uuid, i64, i64)> = sqlx::query_as(
        "SELECT r.id, r.amount, rs.seat_id
           FROM reservations r FORCE INDEX (reservations_of_user)
           JOIN concert_dates d ON d.id = r.concert_date_id
           JOIN concerts c ON c.id = d.concert_id
           JOIN reservation_seats rs ON rs.reservation_id = r.id
          WHERE r.user_id = ? AND c.queue = ?
            AND r.status = 'reserved' AND r.expires_at > UTC_TIMESTAMP(6)
          ORDER BY r.id, rs.seat_id",
    )
    .bind(signed(user.get()))
    .bind(queue.as_str())
    .fetch_all(on)
    .await?;
    let mut dues: BTreeMap<ReservationId, Due> = BTreeMap::new();
    for (id, amount, seat) in rows {
        let reservation = ReservationId(id);
        let due = dues.entry(reservation).or_insert_with(|| Due {
            reservation,
            amount,
            seats: Vec::new(),
        });
        due.seats.push(seat_id(seat)?);
    }
    Ok(dues.into_values().collect())
}

#[derive(sqlx::FromRow)]
struct PossessionRow {
    seat_id: i64,
    reservation_id: Uuid,
    amount: i64,
    hold_expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
}

/// The seats of one date that the user has: bought, or on a live hold.
///
/// # Errors
/// When the database does not answer.
pub async fn possessions(
    on: &mut Connection,
    user: UserId,
    date: i64,
) -> Result<Vec<Possession>, Failure> {
    let rows: Vec<PossessionRow> = sqlx::query_as(
        "SELECT s.id AS seat_id, r.id AS reservation_id, r.amount, s.hold_expires_at,
                UTC_TIMESTAMP(6) AS now
           FROM reservations r FORCE INDEX (reservations_of_user)
           JOIN reservation_seats rs ON rs.reservation_id = r.id
           JOIN seats s ON s.id = rs.seat_id AND s.reservation_id = r.id
          WHERE r.user_id = ? AND r.concert_date_id = ? AND r.status IN ('reserved', 'paid')
            AND (s.status = 'sold'
                 OR (s.status = 'held' AND s.hold_expires_at > UTC_TIMESTAMP(6)))",
    )
    .bind(signed(user.get()))
    .bind(date)
    .fetch_all(on)
    .await?;
    let possession = |row: PossessionRow| {
        let hold = row.hold_expires_at.map(|until| Hold {
            id: ReservationId(row.reservation_id),
            amount: row.amount,
            deadline: Deadline::new(until, row.now),
        });
        let seat = seat_id(row.seat_id)?;
        Ok(Possession { seat, hold })
    };
    rows.into_iter().map(possession).collect()
}

pub(super) fn status(text: &str) -> Result<Status, Failure> {
    text.parse().map_err(Failure::Broken)
}
