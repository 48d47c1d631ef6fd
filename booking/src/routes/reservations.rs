//! `GET /api/{userId}/reservations`: the caller's reservations, the newest first.

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use shared::ids::{ConcertId, SeatId, UserId};

use super::extract::{Fan, PageOf, Segment};
use super::{Page, PlaceView, millis};
use crate::actions::reservations::reservations;
use crate::app::Booking;
use crate::domain::reservation::{Reservation, ReservationId, ReservedSeat, Status};
use crate::refusal::Refusal;

/// One reservation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    reservation_id: ReservationId,
    concert_id: ConcertId,
    date: NaiveDate,
    seats: Vec<SeatView>,
    status: Status,
    amount: i64,
    expires_at: String,
    expires_in_ms: i64,
    paid_at: Option<String>,
}

/// One seat of it, at the price that was frozen when the hold was made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeatView {
    seat_id: SeatId,
    #[serde(flatten)]
    place: PlaceView,
    price: i64,
}

impl From<ReservedSeat> for SeatView {
    fn from(seat: ReservedSeat) -> Self {
        Self {
            seat_id: seat.id,
            place: seat.place.into(),
            price: seat.price,
        }
    }
}

impl From<Reservation> for Response {
    fn from(reservation: Reservation) -> Self {
        let deadline = reservation.deadline;
        let status = reservation.status.shown(deadline.has_passed());
        // Only a live hold has time left, whatever its end was before it was paid or released.
        let left_ms = if status == Status::Reserved {
            deadline.left_ms()
        } else {
            0
        };
        Self {
            reservation_id: reservation.id,
            concert_id: reservation.concert,
            date: reservation.date,
            seats: reservation.seats.into_iter().map(SeatView::from).collect(),
            status,
            amount: reservation.amount,
            expires_at: millis(deadline.at),
            expires_in_ms: left_ms,
            paid_at: reservation.paid_at.map(millis),
        }
    }
}

/// Lists the caller's reservations.
///
/// # Errors
/// `wrong_user`, `invalid_field` for a bad cursor, and when the database does not answer.
pub async fn handle(
    State(booking): State<Booking>,
    fan: Fan,
    Segment(user): Segment<UserId>,
    page: PageOf<ReservationId>,
) -> Result<Json<Page<Response>>, Refusal> {
    let user = fan.must_be(user)?;
    let found = reservations(&booking.office, user, page.cursor, page.to_fetch()).await?;
    let found = found.into_iter().map(Response::from).collect();
    Ok(page.of(found, |last: &Response| last.reservation_id.to_string()))
}
