//! `GET /readyz`: whether booking can sell: its database answers and has the schema of this build.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::health::{HealthAnswer, readiness};

use crate::actions::ready::{Missing, ready};
use crate::app::Booking;

/// 200, or 503 and the part that is missing.
#[utoipa::path(
    get, path = "/readyz", operation_id = "readyz", tag = "Health",
    summary = "Whether booking can sell",
    description = "Its database answers and has the schema of this build.",
    responses(
        (status = 200, description = "It can.", body = HealthAnswer,
            example = json!({"status": "ready"})),
        (status = 503, description = "It cannot, and what is missing.", body = HealthAnswer,
            example = json!({"status": "not ready", "missing": "database"})),
    ),
)]
pub async fn handle(State(booking): State<Arc<Booking>>) -> Response {
    let missing = ready(&booking.office).await.err();
    readiness(missing.map(|missing| match missing {
        Missing::Database => "database",
        Missing::Schema => "schema",
    }))
}
