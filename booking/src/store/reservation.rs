//! Reservations and the seats of each at their frozen prices.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::ids::{QueueName, SeatId, UserId};
use uuid::Uuid;

pub mod page;

use super::{Connection, Failure, Question, Statement, of_users, places, rows, seat_id, signed};
use crate::domain::payment::Due;
use crate::domain::reservation::{ReservationId, Status};
use crate::domain::seat::Offer;

/// A reservation that is to be made.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// For whom.
    pub user: UserId,
    /// Its name.
    pub id: ReservationId,
    /// Of which seats, until when.
    pub offer: &'a Offer,
}

/// Writes new reservations, each with the seats of its offer.
#[must_use]
pub fn insert(all: &[New<'_>]) -> [Statement; 2] {
    let sql = format!(
        "INSERT INTO reservations
            (user_id, id, concert_date_id, amount, created_at, expires_at, status)
         VALUES {}",
        vec!["(?, ?, ?, ?, ?, ?, 'reserved')"; all.len()].join(", ")
    );
    let mut reservations = Statement::new(sql);
    for new in all {
        reservations = reservations
            .bind(signed(new.user.get()))
            .bind(new.id.0)
            .bind(new.offer.date)
            .bind(new.offer.amount())
            .bind(new.offer.deadline.read_at())
            .bind(new.offer.deadline.at);
    }
    let wanted = |new: &New<'_>| new.offer.seats.len();
    let sql = format!(
        "INSERT INTO reservation_seats (reservation_id, seat_id, price) VALUES {}",
        rows(all.iter().map(wanted).sum(), 3)
    );
    let mut seats = Statement::new(sql);
    for new in all {
        for seat in &new.offer.seats {
            seats = seats
                .bind(new.id.0)
                .bind(signed(seat.id.get()))
                .bind(seat.price);
        }
    }
    [reservations, seats]
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
    match expiry(reservations) {
        None => Ok(()),
        Some(expiry) => expiry.run(on).await.map(drop),
    }
}

/// The same as a statement, when there are any.
#[must_use]
pub fn expiry(reservations: &[ReservationId]) -> Option<Statement> {
    if reservations.is_empty() {
        return None;
    }
    Some(Statement::new(expire_sql(reservations.len())).bind_all(ids(reservations)))
}

fn ids(reservations: &[ReservationId]) -> impl Iterator<Item = Uuid> {
    reservations.iter().map(|reservation| reservation.0)
}

pub(super) fn pay_sql(reservations: usize, users: usize) -> String {
    format!(
        "UPDATE reservations FORCE INDEX (PRIMARY) SET status = 'paid', paid_at = ?
          WHERE id IN ({}) AND user_id IN ({}) AND status = 'reserved'",
        places(reservations),
        places(users)
    )
}

/// Marks these reservations of the users as paid: hits those that were still reserved.
#[must_use]
pub fn pay(users: &[UserId], reservations: &[ReservationId], paid_at: DateTime<Utc>) -> Statement {
    Statement::new(pay_sql(reservations.len(), users.len()))
        .bind(paid_at)
        .bind_all(ids(reservations))
        .bind_all(of_users(users))
}

pub(super) fn sell_seats_sql(seats: usize) -> String {
    // Each row by its whole key: a walk over a part of it would also wait for the row that comes
    // next, which is somebody else's.
    let each = vec!["(reservation_id = ? AND seat_id = ?)"; seats].join(" OR ");
    format!("UPDATE reservation_seats FORCE INDEX (PRIMARY) SET sold = 1 WHERE {each}")
}

/// Marks these seats of reservations as sold: the unique key over sold seats is the second guard
/// against selling one twice. A seat that is sold already is [`Failure::Bug`]: the first guard has
/// failed.
#[must_use]
pub fn sell_seats(held: &[(SeatId, ReservationId)]) -> Statement {
    let sql = Statement::new(sell_seats_sql(held.len()));
    held.iter().fold(sql, |sql, (seat, reservation)| {
        sql.bind(reservation.0).bind(signed(seat.get()))
    })
}

pub(super) fn release_sql() -> String {
    "UPDATE reservations FORCE INDEX (PRIMARY)
        SET status = 'released', closed_at = UTC_TIMESTAMP(6)
      WHERE id = ? AND status = 'reserved'"
        .to_owned()
}

/// Marks a reservation as released: hits one row, or none when it was not reserved any more.
#[must_use]
pub fn release(id: ReservationId) -> Statement {
    Statement::new(release_sql()).bind(id.0)
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
    found(user, id).ask(on).await
}

/// The same as a question.
#[must_use]
pub fn found(user: UserId, id: ReservationId) -> Question<Option<Found>> {
    let statement = Statement::new(
        "SELECT r.status, r.expires_at <= UTC_TIMESTAMP(6) AS lapsed, c.queue, rs.seat_id
           FROM reservations r
           JOIN concert_dates d ON d.id = r.concert_date_id
           JOIN concerts c ON c.id = d.concert_id
           JOIN reservation_seats rs ON rs.reservation_id = r.id
          WHERE r.id = ? AND r.user_id = ? ORDER BY rs.seat_id",
    )
    .bind(id.0)
    .bind(signed(user.get()));
    Question::new(statement, |rows: Vec<FoundRow>| {
        let seats: Result<Vec<SeatId>, Failure> =
            rows.iter().map(|row| seat_id(row.seat_id)).collect();
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        Ok(Some(Found {
            status: status(&first.status)?,
            lapsed: first.lapsed,
            queue: first.queue.clone(),
            seats: seats?,
        }))
    })
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

#[derive(sqlx::FromRow)]
struct DueRow {
    user_id: i64,
    queue: String,
    id: Uuid,
    amount: i64,
    seat_id: i64,
}

/// The live holds of some users.
#[derive(Debug, Default)]
pub struct Dues(HashMap<(i64, String), BTreeMap<ReservationId, Due>>);

impl Dues {
    /// Takes out those of one user in one queue, by reservation, ascending.
    pub fn take(&mut self, user: UserId, queue: &QueueName) -> Vec<Due> {
        let of_user = (signed(user.get()), queue.as_str().to_owned());
        let dues = self.0.remove(&of_user).unwrap_or_default();
        dues.into_values().collect()
    }
}

/// The live holds of these users, in all queues.
#[must_use]
pub fn dues(users: &[UserId]) -> Question<Dues> {
    if users.is_empty() {
        return Question::nothing(Dues::default());
    }
    let sql = format!(
        "SELECT r.user_id, c.queue, r.id, r.amount, rs.seat_id
           FROM reservations r FORCE INDEX (reservations_of_user)
           STRAIGHT_JOIN reservation_seats rs ON rs.reservation_id = r.id
           STRAIGHT_JOIN concert_dates d ON d.id = r.concert_date_id
           STRAIGHT_JOIN concerts c ON c.id = d.concert_id
          WHERE r.user_id IN ({}) AND r.status = 'reserved' AND r.expires_at > UTC_TIMESTAMP(6)",
        places(users.len())
    );
    let statement = Statement::new(sql).bind_all(of_users(users));
    Question::new(statement, |mut rows: Vec<DueRow>| {
        let mut dues = Dues::default();
        rows.sort_unstable_by_key(|row| row.seat_id);
        for row in rows {
            let reservation = ReservationId(row.id);
            let of_user = dues.0.entry((row.user_id, row.queue)).or_default();
            let due = of_user.entry(reservation).or_insert_with(|| Due {
                reservation,
                amount: row.amount,
                seats: Vec::new(),
            });
            due.seats.push(seat_id(row.seat_id)?);
        }
        Ok(dues)
    })
}

/// Guard: a hold that lapsed, whether or not anybody has written it down. One that was released
/// only after its end has lapsed too.
pub(super) const HAS_LAPSED: &str = "r.expires_at <= UTC_TIMESTAMP(6)
            AND (r.status IN ('reserved', 'expired')
                 OR (r.status = 'released' AND r.closed_at >= r.expires_at))";

/// The seats of one date that a user let lapse less than so many seconds ago: user, date, seconds.
pub(super) fn lapsed_seats_sql() -> String {
    format!(
        "SELECT rs.seat_id
           FROM reservations r FORCE INDEX (reservations_of_user)
           JOIN reservation_seats rs ON rs.reservation_id = r.id
          WHERE r.user_id = ? AND r.concert_date_id = ? AND {HAS_LAPSED}
            AND r.expires_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND"
    )
}

/// Whole seconds, as an INTERVAL takes them.
pub(super) fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

pub(super) fn status(text: &str) -> Result<Status, Failure> {
    text.parse().map_err(Failure::Broken)
}
