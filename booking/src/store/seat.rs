//! Seats: one conditional UPDATE takes a seat, and its row count is the verdict.
//!
//! Every UPDATE by id names the primary key as its index: with `hold_expires_at` in the WHERE both
//! servers would walk the expiry index instead and deadlock although the ids are sorted.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::ids::{SeatId, UserId};
use shared::sabotage;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{
    Connection, Failure, Question, Statement, bind_all, case, of_seats, of_users, places, seat_id,
    signed, unless_taken,
};
use crate::domain::date::SaleWindow;
use crate::domain::reservation::{Deadline, Hold, ReservationId};
use crate::domain::seat::{Offer, Place, Seat, SeatIds, Standing, State, Wanted};

/// A seat as a plain read saw it, with its date and whoever has it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Seen {
    id: i64,
    price: i64,
    status: String,
    reservation_id: Option<Uuid>,
    hold_expires_at: Option<DateTime<Utc>>,
    user_id: Option<i64>,
    amount: Option<i64>,
    concert_date_id: i64,
    sales_open_at: DateTime<Utc>,
    sales_close_at: DateTime<Utc>,
    queue: String,
    max_seats_per_user: i32,
    now: DateTime<Utc>,
}

impl Seen {
    /// The seat, unless its number is none.
    #[must_use]
    pub fn id(&self) -> Option<SeatId> {
        seat_id(self.id).ok()
    }

    /// Whether nobody can have it now, except who holds it.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        let has_lapsed = self.hold_expires_at.is_some_and(|until| until <= self.now);
        self.status != "available" && !has_lapsed
    }

    fn standing(&self, caller: UserId) -> Standing {
        let hold = (self.reservation_id.map(ReservationId), self.hold_expires_at);
        match (self.status.as_str(), hold) {
            ("available", _) => Standing::Free,
            ("held", (Some(reservation), Some(until))) if until <= self.now => {
                Standing::Lapsed(reservation)
            }
            ("held", (Some(id), Some(until))) if self.user_id == Some(signed(caller.get())) => {
                Standing::Mine(Hold {
                    id,
                    amount: self.amount.unwrap_or(self.price),
                    deadline: Deadline::new(until, self.now),
                })
            }
            _ => Standing::Taken,
        }
    }

    fn offer(&self, hold: Duration) -> Offer {
        Offer {
            date: self.concert_date_id,
            queue: self.queue.clone(),
            max_seats: self.max_seats_per_user.into(),
            window: SaleWindow {
                opens_at: self.sales_open_at,
                closes_at: self.sales_close_at,
            },
            deadline: Deadline::new(self.now + hold, self.now),
            seats: Vec::new(),
        }
    }
}

/// How these seats stand, without a lock. Those that there are none of are left out.
#[must_use]
pub fn look(seats: &[SeatId]) -> Question<HashMap<SeatId, Seen>> {
    if seats.is_empty() {
        return Question::nothing(HashMap::new());
    }
    let sql = format!(
        "SELECT s.id, s.price, s.status, s.reservation_id, s.hold_expires_at, s.concert_date_id,
                r.user_id, r.amount, d.sales_open_at, d.sales_close_at,
                c.queue, c.max_seats_per_user, UTC_TIMESTAMP(6) AS now
           FROM seats s
           STRAIGHT_JOIN concert_dates d ON d.id = s.concert_date_id
           STRAIGHT_JOIN concerts c ON c.id = d.concert_id
           LEFT JOIN reservations r ON r.id = s.reservation_id
          WHERE s.id IN ({})",
        places(seats.len())
    );
    let statement = Statement::new(sql).bind_all(of_seats(seats));
    Question::new(statement, |rows: Vec<Seen>| {
        let by_id = |row: Seen| Ok((seat_id(row.id)?, row));
        rows.into_iter().map(by_id).collect()
    })
}

pub(super) fn lock_available_sql(seats: usize) -> String {
    format!(
        "SELECT id FROM seats FORCE INDEX (PRIMARY) WHERE id IN ({}) AND status = 'available'
          ORDER BY id FOR UPDATE {}",
        places(seats),
        unless_taken()
    )
}

/// Locks those of the seats, given in ascending order, that are available and that nobody else has
/// locked.
#[must_use]
pub fn lock_available(seats: &[SeatId]) -> Question<HashSet<SeatId>> {
    if seats.is_empty() {
        return Question::nothing(HashSet::new());
    }
    let sql = lock_available_sql(seats.len());
    Question::new(Statement::new(sql).bind_all(of_seats(seats)), seat_ids)
}

/// Locks the seats that these users hold, or held until now, and that nobody else has locked. In no
/// order, since nothing is waited for.
#[must_use]
pub fn lock_held(users: &[UserId]) -> Question<HashSet<SeatId>> {
    if users.is_empty() {
        return Question::nothing(HashSet::new());
    }
    // The inner query is on its own, so that nothing but the seats is locked.
    let sql = format!(
        "SELECT s.id FROM (SELECT DISTINCT rs.seat_id
                             FROM reservations r FORCE INDEX (reservations_of_user)
                             STRAIGHT_JOIN reservation_seats rs ON rs.reservation_id = r.id
                            WHERE r.user_id IN ({}) AND r.status = 'reserved') held
           STRAIGHT_JOIN seats s FORCE INDEX (PRIMARY) ON s.id = held.seat_id
            FOR UPDATE {}",
        places(users.len()),
        unless_taken()
    );
    Question::new(Statement::new(sql).bind_all(of_users(users)), seat_ids)
}

fn seat_ids(rows: Vec<(i64,)>) -> Result<HashSet<SeatId>, Failure> {
    rows.into_iter().map(|(id,)| seat_id(id)).collect()
}

/// What the caller has to know of these seats: one offer for each date that they are of. A hold
/// made now would last for `hold`.
///
/// # Errors
/// [`Failure::Broken`] when a seat's id is none.
pub fn offers(mut seen: Vec<Seen>, caller: UserId, hold: Duration) -> Result<Vec<Offer>, Failure> {
    seen.sort_unstable_by_key(|row| (row.concert_date_id, row.id));
    let mut offers: Vec<Offer> = Vec::new();
    for row in seen {
        if offers
            .last()
            .is_none_or(|offer| offer.date != row.concert_date_id)
        {
            offers.push(row.offer(hold));
        }
        let wanted = Wanted {
            id: seat_id(row.id)?,
            price: row.price,
            standing: row.standing(caller),
        };
        if let Some(offer) = offers.last_mut() {
            offer.seats.push(wanted);
        }
    }
    Ok(offers)
}

pub(super) fn take_sql(seats: usize) -> String {
    format!(
        "UPDATE seats FORCE INDEX (PRIMARY)
            SET status = 'held', reservation_id = {case}, hold_expires_at = {case}
          WHERE id IN ({}) AND {}",
        places(seats),
        is_to_be_had(),
        case = case("id", seats),
    )
}

/// Guard: a seat goes to a new hold when it is available or its hold has lapsed, on the
/// database's clock.
fn is_to_be_had() -> &'static str {
    if sabotage::is_off("seat-guard") {
        "TRUE"
    } else {
        "(status = 'available' OR (status = 'held' AND hold_expires_at <= UTC_TIMESTAMP(6)))"
    }
}

/// A seat that a reservation takes, until then.
#[derive(Debug, Clone, Copy)]
pub struct Taking {
    /// The seat.
    pub seat: SeatId,
    /// Who takes it.
    pub reservation: ReservationId,
    /// When the hold ends.
    pub until: DateTime<Utc>,
}

/// Takes the seats that are to be had, given in ascending order: hits all of them, or the caller
/// rolls back.
#[must_use]
pub fn take(takings: &[Taking]) -> Statement {
    let id = |taking: &Taking| signed(taking.seat.get());
    let mut statement = Statement::new(take_sql(takings.len()));
    for taking in takings {
        statement = statement.bind(id(taking)).bind(taking.reservation.0);
    }
    for taking in takings {
        statement = statement.bind(id(taking)).bind(taking.until);
    }
    statement.bind_all(takings.iter().map(id))
}

/// Those of the seats that this reservation does not hold, ascending.
///
/// # Errors
/// When the database does not answer.
pub async fn lost(
    on: &mut Connection,
    seats: &SeatIds,
    reservation: ReservationId,
) -> Result<Vec<SeatId>, Failure> {
    let sql = format!(
        "SELECT id FROM seats WHERE id IN ({}) AND NOT (reservation_id <=> ?) ORDER BY id",
        places(seats.as_slice().len())
    );
    let mut query = sqlx::query_scalar(AssertSqlSafe(sql));
    for id in of_seats(seats.as_slice()) {
        query = query.bind(id);
    }
    let ids: Vec<i64> = query.bind(reservation.0).fetch_all(on).await?;
    ids.into_iter().map(seat_id).collect()
}

pub(super) fn sell_sql(seats: usize) -> String {
    format!(
        "UPDATE seats FORCE INDEX (PRIMARY) SET status = 'sold', hold_expires_at = NULL
          WHERE id IN ({}) AND reservation_id = {} AND status = 'held' AND {}",
        places(seats),
        case("id", seats),
        is_live()
    )
}

/// Guard: a hold that has lapsed cannot be paid, on the database's clock.
fn is_live() -> &'static str {
    if sabotage::is_off("expiry-guard") {
        "TRUE"
    } else {
        "hold_expires_at > UTC_TIMESTAMP(6)"
    }
}

/// Sells the seats, given in ascending order, that their reservations still hold: hits all of them,
/// or the caller rolls back.
#[must_use]
pub fn sell(held: &[(SeatId, ReservationId)]) -> Statement {
    let ids = held.iter().map(|(seat, _)| signed(seat.get()));
    let mut statement = Statement::new(sell_sql(held.len())).bind_all(ids);
    for (seat, reservation) in held {
        statement = statement.bind(signed(seat.get())).bind(reservation.0);
    }
    statement
}

pub(super) fn give_back_sql(seats: usize) -> String {
    format!(
        "UPDATE seats FORCE INDEX (PRIMARY)
            SET status = 'available', reservation_id = NULL, hold_expires_at = NULL
          WHERE id IN ({}) AND reservation_id = ? AND status = 'held'",
        places(seats)
    )
}

/// Makes those of the seats available that this reservation holds: some may have been taken over.
#[must_use]
pub fn give_back(seats: &[SeatId], reservation: ReservationId) -> Statement {
    Statement::new(give_back_sql(seats.len()))
        .bind_all(of_seats(seats))
        .bind(reservation.0)
}

pub(super) fn let_go_sql(seats: usize) -> String {
    format!(
        "{} AND hold_expires_at <= UTC_TIMESTAMP(6)",
        give_back_sql(seats)
    )
}

/// Makes those of the seats available whose hold by this reservation has lapsed. Answers how many.
///
/// # Errors
/// When the database refuses.
pub async fn let_go(
    on: &mut Connection,
    seats: &[SeatId],
    reservation: ReservationId,
) -> Result<u64, Failure> {
    let query = sqlx::query(AssertSqlSafe(let_go_sql(seats.len())));
    let done = bind_all(query, of_seats(seats))
        .bind(reservation.0)
        .execute(on)
        .await?;
    Ok(done.rows_affected())
}

/// Up to `limit` seats whose hold has lapsed, by id, each with the reservation that held it. Found
/// by the seat's own expiry, since a thief may have closed the reservation of two seats and taken
/// only one.
///
/// # Errors
/// When the database does not answer.
pub async fn lapsed(
    on: &mut Connection,
    limit: u32,
) -> Result<Vec<(SeatId, ReservationId)>, Failure> {
    let rows: Vec<(i64, Uuid)> = sqlx::query_as(
        "SELECT id, reservation_id FROM seats
          WHERE hold_expires_at <= UTC_TIMESTAMP(6) AND reservation_id IS NOT NULL
          ORDER BY id LIMIT ?",
    )
    .bind(limit)
    .fetch_all(on)
    .await?;
    rows.into_iter()
        .map(|(id, reservation)| Ok((seat_id(id)?, ReservationId(reservation))))
        .collect()
}

#[derive(sqlx::FromRow)]
struct SeatRow {
    id: i64,
    seat_number: i32,
    section: String,
    row_label: String,
    seat_label: String,
    price: i64,
    state: String,
}

/// The seats of a date by number, lapsed holds among the available. Seats that an operator has
/// blocked are not for fans to see.
///
/// # Errors
/// When the database does not answer.
pub async fn of_date(on: &mut Connection, date: i64) -> Result<Vec<Seat>, Failure> {
    let rows: Vec<SeatRow> = sqlx::query_as(
        "SELECT id, seat_number, section, row_label, seat_label, price,
                IF(status = 'held' AND hold_expires_at <= UTC_TIMESTAMP(6),
                   'available', CAST(status AS CHAR)) AS state
           FROM seats WHERE concert_date_id = ? AND status <> 'blocked' ORDER BY seat_number",
    )
    .bind(date)
    .fetch_all(on)
    .await?;
    rows.into_iter().map(seat).collect()
}

fn seat(row: SeatRow) -> Result<Seat, Failure> {
    let state = match row.state.as_str() {
        "available" => State::Available,
        "held" => State::Held,
        "sold" => State::Sold,
        _ => return Err(Failure::Broken("a seat is in a state that does not exist")),
    };
    Ok(Seat {
        id: seat_id(row.id)?,
        place: Place {
            number: row.seat_number.into(),
            section: row.section,
            row: row.row_label,
            seat: row.seat_label,
        },
        price: row.price,
        state,
    })
}
