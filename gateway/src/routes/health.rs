//! `GET /readyz`: whether this gateway can serve the line.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::health::{HealthAnswer, readiness};

use crate::app::Services;

/// 200 when Redis answers and nobody has told us to stop. The upstream is not asked: fans wait in
/// line although the house behind is down.
#[utoipa::path(
    get, path = "/readyz", operation_id = "readyz", tag = "Health",
    summary = "Whether this gateway can serve the line",
    description = "Redis answers, and nobody has told it to stop. The upstream is not asked.",
    responses(
        (status = 200, description = "It can.", body = HealthAnswer,
            example = json!({"status": "ready"})),
        (status = 503, description = "It cannot, and what is missing.", body = HealthAnswer,
            example = json!({"status": "not ready", "missing": "redis"})),
    ),
)]
pub async fn ready(State(services): State<Arc<Services>>) -> Response {
    if services.shutdown.has_begun() {
        return readiness(Some("stopping"));
    }
    let reachable = services.line.is_reachable().await;
    readiness((!reachable).then_some("redis"))
}
