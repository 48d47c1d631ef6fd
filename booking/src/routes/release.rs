//! `DELETE /api/reserve/{reservationId}`: the caller gives held seats back.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{Fan, Repeatable, Segment};
use crate::actions::release::release;
use crate::app::Booking;
use crate::domain::key::Answer;
use crate::domain::reservation::{ReservationId, Status};
use crate::refusal::Refusal;

/// The caller holds these seats no longer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Released)]
pub struct Response {
    reservation_id: ReservationId,
    status: Status,
}

/// Releases. Again, or after the hold has lapsed, it is the same answer.
///
/// # Errors
/// As [`release`].
#[utoipa::path(
    delete, path = "/api/reserve/{reservationId}", operation_id = "release",
    tag = "Dates and seats", summary = "Give a hold back",
    description = "Again, or after the hold has ended, it is the same answer.",
    params(
        ("reservationId" = ReservationId, Path, description = "As `POST /api/reserve` told."),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Makes the call safe to repeat: the answer is stored and replayed."),
    ),
    responses((status = 200, description = "The seats are free.", body = Response, example = json!(
        {"reservationId": "01926193-9c40-7f21-b0e6-4d2c1a9f8b35", "status": "released"}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    fan: Fan,
    Segment(reservation_id): Segment<ReservationId>,
    repeatable: Repeatable,
) -> Result<Answer, Refusal> {
    let call = repeatable.call(fan.holder.user, &());
    let answer = || Response {
        reservation_id,
        status: Status::Released,
    };
    release(&booking.office, &call, reservation_id, answer).await
}
