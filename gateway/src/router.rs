//! All routes of the gateway, in one function.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use shared::health;

use crate::app::Services;
use crate::routes;

/// The routes, without layers. What is not named here is the upstream's, behind the gate.
pub fn routes(services: Arc<Services>) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(routes::health::ready))
        .route(
            "/api/issue",
            post(routes::issue::issue).delete(routes::leave::leave),
        )
        .route("/api/status/{userId}", get(routes::status::status))
        .route("/api/status/{userId}/events", get(routes::events::events))
        .method_not_allowed_fallback(routes::wrong_method)
        .fallback(routes::gate::gate)
        .with_state(services)
}
