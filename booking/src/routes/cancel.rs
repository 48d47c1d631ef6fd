//! `POST /api/reservations/{id}/cancel`: the caller gives paid seats back for the money.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{Fan, Repeatable, Segment};
use super::millis;
use crate::actions::cancel::cancel;
use crate::app::Booking;
use crate::domain::key::Answer;
use crate::domain::refund::Refund;
use crate::domain::reservation::{ReservationId, Status};
use crate::refusal::Refusal;

/// The seats are free, and the money is back on the balance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cancelled)]
pub struct Response {
    reservation_id: ReservationId,
    status: Status,
    amount: i64,
    #[schema(format = DateTime)]
    refunded_at: String,
}

/// Cancels. Again it is the same answer, and the money goes back once.
///
/// # Errors
/// As [`cancel`].
#[utoipa::path(
    post, path = "/api/reservations/{id}/cancel", operation_id = "cancel", tag = "Money",
    summary = "Give paid seats back for the money",
    description = "Until the concert's cutoff, which the list of reservations tells as \
        `cancelUntil`. Again it is the same answer: the money goes back once.",
    params(
        ("id" = ReservationId, Path, description = "As `POST /api/reserve` told."),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Makes the call safe to repeat: the answer is stored and replayed."),
    ),
    responses((status = 200, description = "The seats are free, the money is back.",
        body = Response, example = json!(
        {"reservationId": "01926193-9c40-7f21-b0e6-4d2c1a9f8b35", "status": "refunded",
            "amount": 10000, "refundedAt": "2024-10-06T12:30:00.000Z"}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    fan: Fan,
    Segment(reservation_id): Segment<ReservationId>,
    repeatable: Repeatable,
) -> Result<Answer, Refusal> {
    let call = repeatable.call(fan.holder.user, &());
    let answer = |refund: &Refund| Response {
        reservation_id,
        status: Status::Refunded,
        amount: refund.amount,
        refunded_at: millis(refund.at),
    };
    cancel(&booking.office, &call, reservation_id, answer).await
}
