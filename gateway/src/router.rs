//! All routes of the gateway, in one function.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use serde_json::Value;
use shared::health;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Services;
use crate::openapi::Paper;
use crate::pages::Extent;
use crate::{layers, routes};

/// The routes, without layers. What is not named here is the upstream's, behind the gate.
pub fn routes(services: Arc<Services>, api_docs: Option<Value>) -> Router {
    let docs = api_docs.map(routes::docs::pages).unwrap_or_default();
    Router::from(own())
        .merge(layers::around_docs(docs))
        .merge(layers::around_pages(pages(services.pages.extent)))
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

/// The pages that fans see. They are no part of the contract on paper: no program calls them.
fn pages(extent: Extent) -> Router<Arc<Services>> {
    use routes::{pages, waiting};
    let line = Router::new()
        .route("/stagedoor/line", get(waiting::show).post(waiting::join))
        .route("/stagedoor/leave", post(waiting::leave))
        .route("/stagedoor/news", get(pages::news))
        .route("/stagedoor/assets/{version}/{name}", get(pages::asset))
        .route("/stagedoor/theme/{version}/{name}", get(pages::themed));
    match extent {
        Extent::Off => Router::new(),
        Extent::Line => line,
        Extent::Shop => line
            .route("/", get(pages::entrance))
            .route("/stagedoor/seats", get(pages::seats))
            .route("/stagedoor/payment", get(pages::payment))
            .route("/stagedoor/tickets", get(pages::tickets))
            .route("/stagedoor/qr", post(pages::qr)),
    }
}

fn own() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(routes::health::ready))
        .routes(routes!(routes::issue::issue, routes::leave::leave))
        .routes(routes!(routes::status::status))
        .routes(routes!(routes::events::events))
}
