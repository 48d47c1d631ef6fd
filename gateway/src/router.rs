//! All routes of the gateway, in one function.

use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use shared::health;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Services;
use crate::openapi::Paper;
use crate::{layers, routes};

/// The routes, without layers. What is not named here is the upstream's, behind the gate.
pub fn routes(services: Arc<Services>, api_docs: Option<Value>) -> Router {
    let docs = api_docs.map(routes::docs::pages).unwrap_or_default();
    Router::from(own())
        .merge(layers::around_docs(docs))
        .method_not_allowed_fallback(routes::wrong_method)
        .fallback(routes::gate::gate)
        .with_state(services)
}

/// Every route with what its annotation says about it.
#[must_use]
pub fn on_paper() -> utoipa::openapi::OpenApi {
    OpenApiRouter::with_openapi(Paper::openapi())
        .merge(own())
        .into_openapi()
}

fn own() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(routes::health::ready))
        .routes(routes!(routes::issue::issue, routes::leave::leave))
        .routes(routes!(routes::status::status))
        .routes(routes!(routes::events::events))
}
