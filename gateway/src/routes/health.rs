//! `GET /readyz`: whether this gateway can serve the line.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use shared::health::readiness;

use crate::app::Services;

/// 200 when Redis answers and nobody has told us to stop. The upstream is not asked: fans wait in
/// line although the house behind is down.
pub async fn ready(State(services): State<Arc<Services>>) -> Response {
    if services.shutdown.has_begun() {
        return readiness(Some("stopping"));
    }
    let reachable = services.line.is_reachable().await;
    readiness((!reachable).then_some("redis"))
}
