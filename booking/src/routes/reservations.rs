//! `GET /api/{userId}/reservations`: the caller's reservations, the newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use shared::ids::{ConcertId, SeatId, UserId};
use shared::keyring::Keyring;
use utoipa::ToSchema;

use super::extract::{Fan, PageOf, Segment};
use super::{Page, PlaceView, millis};
use crate::actions::reservations::reservations;
use crate::app::Booking;
use crate::domain::reservation::{Reservation, ReservationId, ReservedSeat, Status};
use crate::domain::ticket::TicketCode;
use crate::refusal::Refusal;

/// One reservation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reservation)]
pub struct Response {
    reservation_id: ReservationId,
    concert_id: ConcertId,
    date: NaiveDate,
    #[schema(format = DateTime)]
    starts_at: String,
    seats: Vec<SeatView>,
    status: Status,
    amount: i64,
    #[schema(format = DateTime)]
    expires_at: String,
    expires_in_ms: i64,
    #[schema(format = DateTime)]
    paid_at: Option<String>,
    #[schema(format = DateTime)]
    cancel_until: Option<String>,
    #[schema(format = DateTime)]
    refunded_at: Option<String>,
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
    /// What is shown or typed at the door; null while the seat is not paid, and once it is
    /// refunded.
    ticket_code: Option<String>,
}

impl SeatView {
    fn new(seat: ReservedSeat, code: Option<TicketCode>) -> Self {
        Self {
            seat_id: seat.id,
            place: seat.place.into(),
            price: seat.price,
            ticket_code: code.map(|code| code.to_string()),
        }
    }
}

impl Response {
    fn new(reservation: Reservation, keys: &Keyring) -> Self {
        let deadline = reservation.deadline;
        let status = reservation.status.shown(deadline.has_passed());
        // Only a live hold has time left, whatever its end was before it was paid or released.
        let left_ms = if status == Status::Reserved {
            deadline.left_ms()
        } else {
            0
        };
        let is_paid = status == Status::Paid;
        let id = reservation.id;
        let view = |seat: ReservedSeat| {
            let code = is_paid.then(|| TicketCode::issue(keys, id, seat.id));
            SeatView::new(seat, code)
        };
        Self {
            reservation_id: id,
            concert_id: reservation.concert,
            date: reservation.date,
            starts_at: millis(reservation.starts_at),
            seats: reservation.seats.into_iter().map(view).collect(),
            status,
            amount: reservation.amount,
            expires_at: millis(deadline.at),
            expires_in_ms: left_ms,
            paid_at: reservation.paid_at.map(millis),
            cancel_until: reservation.cancel_until.map(millis),
            refunded_at: reservation.refunded_at.map(millis),
        }
    }
}

/// Lists the caller's reservations.
///
/// # Errors
/// `wrong_user`, `invalid_field` for a bad cursor, and when the database does not answer.
#[utoipa::path(
    get, path = "/api/{userId}/reservations", operation_id = "reservations", tag = "Money",
    summary = "What you hold and what you bought",
    description = "The newest first. A paid seat has its ticket's code, for the door.",
    params(
        ("userId" = UserId, Path, description = "Your own number.", example = 123),
        ("cursor" = Option<String>, Query, description = "Where the page before ended."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Default 20."),
    ),
    responses((status = 200, description = "A page of reservations.", body = Page<Response>,
        example = json!({"items": [{"reservationId": "01926193-9c40-7f21-b0e6-4d2c1a9f8b35",
            "concertId": 1, "date": "2024-11-01", "startsAt": "2024-11-01T10:00:00.000Z",
            "seats": [{"seatId": 10, "seatNumber": 10,
            "section": "A", "row": "1", "seat": "10", "price": 10000,
            "ticketCode": "A-7K3M-9QXT-2B4C-W8RJ"}], "status": "paid",
            "amount": 10000, "expiresAt": "2024-10-06T12:04:00.000Z", "expiresInMs": 0,
            "paidAt": "2024-10-06T12:00:00.000Z", "cancelUntil": "2024-10-31T10:00:00.000Z",
            "refundedAt": null}], "nextCursor": null}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    fan: Fan,
    Segment(user): Segment<UserId>,
    page: PageOf<ReservationId>,
) -> Result<Json<Page<Response>>, Refusal> {
    let user = fan.must_be(user)?;
    let found = reservations(&booking.office, user, page.cursor, page.to_fetch()).await?;
    let keys = booking.tickets.load();
    let found = found.into_iter();
    let found = found.map(|one| Response::new(one, &keys)).collect();
    Ok(page.of(found, |last: &Response| last.reservation_id.to_string()))
}
