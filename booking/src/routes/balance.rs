//! `GET /api/{userId}/balance`: the caller's balance.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::ids::UserId;
use utoipa::ToSchema;

use super::extract::{Fan, Segment};
use crate::actions::balance::balance;
use crate::app::Booking;
use crate::refusal::Refusal;

/// The balance, in won.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Balance)]
pub struct Response {
    user_id: UserId,
    balance: i64,
}

/// Tells the balance: 0 for a user who has done nothing yet.
///
/// # Errors
/// `wrong_user`, and when the database does not answer.
#[utoipa::path(
    get, path = "/api/{userId}/balance", operation_id = "balance", tag = "Money",
    summary = "Your balance", description = "In won; 0 for someone who never charged.",
    params(
        ("userId" = UserId, Path, description = "Your own number.", example = 123),
    ),
    responses((status = 200, description = "The balance.", body = Response,
        example = json!({"userId": 123, "balance": 10000}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    fan: Fan,
    Segment(user_id): Segment<UserId>,
) -> Result<Json<Response>, Refusal> {
    let user_id = fan.must_be(user_id)?;
    let balance = balance(&booking.office, user_id).await?;
    Ok(Json(Response { user_id, balance }))
}
