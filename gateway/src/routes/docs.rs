//! `GET /stagedoor/docs`: the contract on paper, to be read and tried out in a browser. Everything
//! that the page needs comes from here. The folder bears our name, so that it is no shop's by
//! chance; `API_DOCS=off` gives it back to the upstream.

use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::Services;

const PAGE: &str = "/stagedoor/docs";
const DOCUMENT: &str = "/stagedoor/openapi.json";

/// The page, and the document that it shows.
pub fn pages(document: Value) -> Router<Arc<Services>> {
    // Without this, the page asks a service on the web whether the document is valid.
    let config = Config::default().validator_url("none");
    SwaggerUi::new(PAGE)
        .external_url_unchecked(DOCUMENT, document)
        .config(config)
        .into()
}
