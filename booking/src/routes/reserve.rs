//! `POST /api/reserve`: holds a seat for the caller.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::ids::{SeatId, UserId};
use shared::json::Json;

use super::extract::{FanInside, Repeatable};
use super::millis;
use crate::actions::reserve::{Wish, reserve};
use crate::app::Booking;
use crate::domain::key::Answer;
use crate::domain::reservation::{Hold, ReservationId, Status};
use crate::domain::seat::SeatIds;
use crate::refusal::Refusal;

/// Which seat, for whom.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    user_id: UserId,
    seat_id: SeatId,
}

/// The hold.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    user_id: UserId,
    seat_id: SeatId,
    status: Status,
    amount: i64,
    reservation_id: ReservationId,
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
