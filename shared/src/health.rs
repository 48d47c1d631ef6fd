//! Is the process alive, and can it serve? The answers for load balancers and supervisors.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

/// `GET /healthz`: 200 as long as the process answers at all.
pub async fn alive() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// The answer of `GET /readyz`: 200, or 503 and the part that is missing.
#[must_use]
pub fn readiness(missing: Option<&str>) -> Response {
    match missing {
        None => Json(json!({ "status": "ready" })).into_response(),
        Some(part) => {
            let body = Json(json!({ "status": "not ready", "missing": part }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}
