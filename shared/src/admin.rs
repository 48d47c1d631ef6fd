//! The admin listener's routes, apart from the public ones: metrics for Prometheus.

use axum::Router;
use axum::routing::get;

use crate::health;
use crate::telemetry;

/// `GET /metrics` and `GET /healthz`.
pub fn router() -> Router {
    let handle = telemetry::metrics();
    let metrics = move || {
        let text = handle.render();
        async move {
            (
                [(http::header::CONTENT_TYPE, "text/plain; version=0.0.4")],
                text,
            )
        }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(health::alive))
}
