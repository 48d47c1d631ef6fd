//! A page of a user's reservations, with their seats.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use shared::ids::UserId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::status;
use crate::domain::reservation::{Deadline, Reservation, ReservationId, ReservedSeat};
use crate::domain::seat::Place;
use crate::store::{Connection, Failure, concert_id, places, seat_id, signed};

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    concert_id: i64,
    date: NaiveDate,
    starts_at: DateTime<Utc>,
    status: String,
    amount: i64,
    expires_at: DateTime<Utc>,
    paid_at: Option<DateTime<Utc>>,
    refunded_at: Option<DateTime<Utc>>,
    cancel_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct SeatRow {
    reservation_id: Uuid,
    id: i64,
    seat_number: i32,
    section: String,
    row_label: String,
    seat_label: String,
    price: i64,
}

/// Up to `limit` reservations of a user that are older than `before`, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    on: &mut Connection,
    user: UserId,
    before: Option<ReservationId>,
    limit: u32,
) -> Result<Vec<Reservation>, Failure> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT r.id, d.concert_id, d.date, d.starts_at, r.status, r.amount, r.expires_at,
                r.paid_at, p.refunded_at,
                d.starts_at - INTERVAL c.cancel_until_hours HOUR AS cancel_until,
                UTC_TIMESTAMP(6) AS now
           FROM reservations r FORCE INDEX (reservations_of_user)
           JOIN concert_dates d ON d.id = r.concert_date_id
           JOIN concerts c ON c.id = d.concert_id
           LEFT JOIN payments p ON p.reservation_id = r.id
          WHERE r.user_id = ? AND r.id < ? ORDER BY r.id DESC LIMIT ?",
    )
    .bind(signed(user.get()))
    .bind(before.map_or(Uuid::max(), |id| id.0))
    .bind(limit)
    .fetch_all(&mut *on)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut seats = seats(on, &ids).await?;
    let with_seats = |row: &Row| {
        let seats = seats.remove(&row.id).unwrap_or_default();
        reservation(row, seats)
    };
    rows.iter().map(with_seats).collect()
}

fn reservation(row: &Row, seats: Vec<ReservedSeat>) -> Result<Reservation, Failure> {
    Ok(Reservation {
        id: ReservationId(row.id),
        concert: concert_id(row.concert_id)?,
        date: row.date,
        starts_at: row.starts_at,
        status: status(&row.status)?,
        amount: row.amount,
        deadline: Deadline::new(row.expires_at, row.now),
        paid_at: row.paid_at,
        refunded_at: row.refunded_at,
        cancel_until: row.cancel_until,
        seats,
    })
}

/// The seats of these reservations, each list by number.
async fn seats(
    on: &mut Connection,
    reservations: &[Uuid],
) -> Result<HashMap<Uuid, Vec<ReservedSeat>>, Failure> {
    let mut of_each: HashMap<Uuid, Vec<ReservedSeat>> = HashMap::new();
    if reservations.is_empty() {
        return Ok(of_each);
    }
    let sql = format!(
        "SELECT rs.reservation_id, s.id, s.seat_number, s.section, s.row_label, s.seat_label,
                rs.price
           FROM reservation_seats rs JOIN seats s ON s.id = rs.seat_id
          WHERE rs.reservation_id IN ({}) ORDER BY s.seat_number",
        places(reservations.len())
    );
    let mut query = sqlx::query_as(AssertSqlSafe(sql));
    for id in reservations {
        query = query.bind(id);
    }
    let rows: Vec<SeatRow> = query.fetch_all(on).await?;
    for row in rows {
        let seat = ReservedSeat {
            id: seat_id(row.id)?,
            place: Place {
                number: row.seat_number.into(),
                section: row.section,
                row: row.row_label,
                seat: row.seat_label,
            },
            price: row.price,
        };
        of_each.entry(row.reservation_id).or_default().push(seat);
    }
    Ok(of_each)
}
