//! `POST /api/{userId}/charge`: puts money on the caller's balance.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::ids::UserId;
use shared::json::Json;

use super::extract::{FanInside, Repeatable, Segment};
use crate::actions::charge::charge;
use crate::app::Booking;
use crate::domain::balance::Won;
use crate::domain::key::Answer;
use crate::refusal::Refusal;

/// How much.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    amount: Won,
}

/// The balance after it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    user_id: UserId,
    balance: i64,
}

/// Charges. Repeated without a key it is a second charge.
///
/// # Errors
/// As [`charge`], and `wrong_user`.
pub async fn handle(
    State(booking): State<Booking>,
    FanInside(fan): FanInside,
    Segment(user_id): Segment<UserId>,
    repeatable: Repeatable,
    Json(request): Json<Request>,
) -> Result<Answer, Refusal> {
    let user_id = fan.must_be(user_id)?;
    let call = repeatable.call(user_id, &request);
    let answer = |balance| Response { user_id, balance };
    charge(&booking.office, &call, request.amount, answer).await
}
