//! What stands behind a ticket's code.

use chrono::{DateTime, NaiveDate, Utc};
use shared::ids::{SeatId, UserId};
use uuid::Uuid;

use super::{Connection, Failure, signed};
use crate::domain::reservation::ReservationId;
use crate::domain::seat::Place;

/// One purchase of one seat.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// Its reservation.
    pub reservation: ReservationId,
    /// Whose; none of a user who was forgotten.
    pub user: Option<UserId>,
    /// What is played.
    pub concert: String,
    /// The date in the venue's zone.
    pub date: NaiveDate,
    /// Where the seat is.
    pub place: Place,
    /// What it cost, in won.
    pub price: i64,
    /// When it was paid.
    pub paid_at: DateTime<Utc>,
    /// When the money went back.
    pub refunded_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct PurchaseRow {
    reservation_id: Uuid,
    user_id: i64,
    title: String,
    date: NaiveDate,
    seat_number: i32,
    section: String,
    row_label: String,
    seat_label: String,
    price: i64,
    paid_at: DateTime<Utc>,
    refunded_at: Option<DateTime<Utc>>,
}

/// Every purchase that the seat has had.
///
/// # Errors
/// When the database does not answer.
pub async fn ever_sold(on: &mut Connection, seat: SeatId) -> Result<Vec<Purchase>, Failure> {
    let rows: Vec<PurchaseRow> = sqlx::query_as(
        "SELECT l.reservation_id, p.user_id, c.title, d.date, s.seat_number, s.section,
                s.row_label, s.seat_label, l.price, p.paid_at, p.refunded_at
           FROM reservation_seats l FORCE INDEX (seat_sold_once)
           JOIN payments p ON p.reservation_id = l.reservation_id
           JOIN seats s ON s.id = l.seat_id
           JOIN concert_dates d ON d.id = s.concert_date_id
           JOIN concerts c ON c.id = d.concert_id
          WHERE l.seat_id = ?",
    )
    .bind(signed(seat.get()))
    .fetch_all(on)
    .await?;
    Ok(rows.into_iter().map(purchase).collect())
}

fn purchase(row: PurchaseRow) -> Purchase {
    Purchase {
        reservation: ReservationId(row.reservation_id),
        user: super::fan(row.user_id),
        concert: row.title,
        date: row.date,
        place: Place {
            number: row.seat_number.into(),
            section: row.section,
            row: row.row_label,
            seat: row.seat_label,
        },
        price: row.price,
        paid_at: row.paid_at,
        refunded_at: row.refunded_at,
    }
}
