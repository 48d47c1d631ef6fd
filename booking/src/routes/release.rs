//! `DELETE /api/reserve/{reservationId}`: the caller gives held seats back.

use axum::extract::State;
use serde::Serialize;

use super::extract::{Fan, Repeatable, Segment};
use crate::actions::release::release;
use crate::app::Booking;
use crate::domain::key::Answer;
use crate::domain::reservation::{ReservationId, Status};
use crate::refusal::Refusal;

/// The caller holds these seats no longer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    reservation_id: ReservationId,
    status: Status,
}

/// Releases. Again, or after the hold has lapsed, it is the same answer.
///
/// # Errors
/// As [`release`].
pub async fn handle(
    State(booking): State<Booking>,
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
