//! `POST /api/reserve`: holds a seat for the caller.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::ids::{SeatId, UserId};
use shared::json::Json;
use utoipa::ToSchema;

use super::extract::{FanInside, Repeatable};
use super::millis;
use crate::actions::reserve::{Wish, reserve};
use crate::app::Booking;
use crate::domain::key::Answer;
use crate::domain::reservation::{Hold, ReservationId, Status};
use crate::domain::seat::SeatIds;
use crate::refusal::Refusal;

/// Which seat, for whom.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ReserveRequest)]
pub struct Request {
    user_id: UserId,
    seat_id: SeatId,
}

/// The hold.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Hold)]
pub struct Response {
    user_id: UserId,
    seat_id: SeatId,
    status: Status,
    amount: i64,
    reservation_id: ReservationId,
    #[schema(format = DateTime)]
    expires_at: String,
    expires_in_ms: i64,
}

impl Response {
    fn of(request: &Request, hold: &Hold) -> Self {
        Self {
            user_id: request.user_id,
            seat_id: request.seat_id,
            status: Status::Reserved,
            amount: hold.amount,
            reservation_id: hold.id,
            expires_at: millis(hold.deadline.at),
            expires_in_ms: hold.deadline.left_ms(),
        }
    }
}

/// Holds the seat for five minutes, or says who cannot have it and why.
///
/// # Errors
/// As [`reserve`], and `wrong_user`.
#[utoipa::path(
    post, path = "/api/reserve", operation_id = "reserve", tag = "Dates and seats",
    summary = "Hold a seat for five minutes",
    description = "A seat that you hold already is answered with the same reservation and end.",
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Makes the call safe to repeat: the answer is stored and replayed."),
    ),
    request_body(content = Request, example = json!({"userId": 123, "seatId": 10})),
    responses((status = 200, description = "The seat is held.", body = Response, example = json!(
        {"userId": 123, "seatId": 10, "status": "reserved", "amount": 10000,
         "reservationId": "01926193-9c40-7f21-b0e6-4d2c1a9f8b35",
         "expiresAt": "2024-10-06T12:04:00.000Z", "expiresInMs": 300_000}))),
)]
pub async fn handle(
    State(booking): State<Booking>,
    FanInside(fan): FanInside,
    repeatable: Repeatable,
    Json(request): Json<Request>,
) -> Result<Answer, Refusal> {
    let user = fan.must_be(request.user_id)?;
    let call = repeatable.call(user, &request);
    let wish = Wish {
        queue: fan.holder.queue,
        seats: SeatIds::one(request.seat_id),
    };
    let answer = |hold: &Hold| Response::of(&request, hold);
    reserve(&booking.office, &call, &wish, answer).await
}
