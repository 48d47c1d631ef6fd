//! `GET /readyz`: whether booking can sell: its database answers and has the schema of this build.

use axum::extract::State;
use axum::response::Response;
use shared::health::readiness;

use crate::actions::ready::{Missing, ready};
use crate::app::Booking;

/// 200, or 503 and the part that is missing.
pub async fn handle(State(booking): State<Booking>) -> Response {
    let missing = ready(&booking.office).await.err();
    readiness(missing.map(|missing| match missing {
        Missing::Database => "database",
        Missing::Schema => "schema",
    }))
}
