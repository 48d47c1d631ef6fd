//! `POST /api/{userId}/charge`: puts money on the caller's balance.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::ids::UserId;
use shared::json::Json;
use utoipa::ToSchema;

use super::extract::{FanInside, Repeatable, Segment};
use crate::actions::charge::charge;
use crate::app::Booking;
use crate::domain::balance::Won;
use crate::domain::key::Answer;
use crate::refusal::Refusal;

/// How much.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChargeRequest)]
pub struct Request {
    amount: Won,
}

/// The balance after it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Balance)]
pub struct Response {
    user_id: UserId,
    balance: i64,
}

/// Charges. Repeated without a key it is a second charge.
///
/// # Errors
/// As [`charge`], and `wrong_user`.
#[utoipa::path(
    post, path = "/api/{userId}/charge", operation_id = "charge", tag = "Money",
    summary = "Put won on your balance",
    description = "Believes the amount, as it would a payment provider; only under `CHARGE=demo`. \
        Without a key, a repeated charge is a second charge.",
    params(
        ("userId" = UserId, Path, description = "Your own number.", example = 123),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Makes the call safe to repeat: the answer is stored and replayed."),
    ),
    request_body(content = Request, example = json!({"amount": 10000})),
    responses((status = 200, description = "The new balance.", body = Response,
        example = json!({"userId": 123, "balance": 20000}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
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
