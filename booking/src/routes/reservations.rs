//! `GET /api/{userId}/reservations`: the caller's reservations, the newest first.

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use shared::ids::{ConcertId, SeatId, UserId};
use utoipa::ToSchema;

use super::extract::{Fan, PageOf, Segment};
use super::{Page, PlaceView, millis};
use crate::actions::reservations::reservations;
use crate::app::Booking;
use crate::domain::reservation::{Reservation, ReservationId, ReservedSeat, Status};
use crate::refusal::Refusal;

/// One reservation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reservation)]
pub struct Response {
    reservation_id: ReservationId,
    concert_id: ConcertId,
    date: NaiveDate,
    seats: Vec<SeatView>,
    status: Status,
    amount: i64,
    #[schema(format = DateTime)]
    expires_at: String,
    expires_in_ms: i64,
    #[schema(format = DateTime)]
    paid_at: Option<String>,
}

/// One seat of it, at the price that was frozen when the hold was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReservedSeat)]
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
#[utoipa::path(
    get, path = "/api/{userId}/reservations", operation_id = "reservations", tag = "Money",
    summary = "What you hold and what you bought", description = "The newest first.",
    params(
        ("userId" = UserId, Path, description = "Your own number.", example = 123),
        ("cursor" = Option<String>, Query, description = "Where the page before ended."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Default 20."),
    ),
    responses((status = 200, description = "A page of reservations.", body = Page<Response>,
        example = json!({"items": [{"reservationId": "01926193-9c40-7f21-b0e6-4d2c1a9f8b35",
            "concertId": 1, "date": "2024-10-01", "seats": [{"seatId": 10, "seatNumber": 10,
            "section": "A", "row": "1", "seat": "10", "price": 10000}], "status": "paid",
            "amount": 10000, "expiresAt": "2024-10-06T12:04:00.000Z", "expiresInMs": 0,
            "paidAt": "2024-10-06T12:00:00.000Z"}], "nextCursor": null}))),
)]
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
