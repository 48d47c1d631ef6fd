//! All layers of the gateway, in one function, outermost last.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::header::HeaderName;
use http::{HeaderValue, Method, StatusCode, header};
use shared::linger::linger;
use shared::problem::{self, Problem};
use shared::{request_id, token};
use tower::util::MapRequestLayer;
use tower::{Layer, ServiceExt};
use tower_http::cors::CorsLayer;
use tower_http::csrf::CsrfLayer;

use crate::app::Services;
use crate::gate::{Carrier, find_credential};
use crate::line::Line;
use crate::refusal::Refusal;

/// Wraps the routes.
pub fn wrap(routes: Router, line: Line, cors_origins: Vec<HeaderValue>) -> Router {
    routes
        // A browser sends the cookie by itself, so a mutating call with it has to be same-origin.
        .layer(middleware::from_fn_with_state(
            line,
            same_origin_with_cookie,
        ))
        // Which other origins may call is the gateway's say alone; no preflight meets the gate.
        .layer(cors(cors_origins))
        // Every refusal gets its body here, framework rejections included.
        .layer(middleware::from_fn(problem::render))
        // One id for everything that happens to a request.
        .layer(middleware::from_fn(request_id::assign))
        // A refusal has to reach also who is still sending a body.
        .layer(MapRequestLayer::new(linger))
}

/// Wraps the pages of the contract.
pub fn around_docs(pages: Router<Arc<Services>>) -> Router<Arc<Services>> {
    // The page works with what the gateway serves; nothing may come from anywhere else.
    pages.layer(middleware::map_response(from_here_alone))
}

/// Wraps the pages that fans see.
pub fn around_pages(pages: Router<Arc<Services>>) -> Router<Arc<Services>> {
    // Another site's form may neither join for a fan nor leave, with a cookie or without.
    let refuse = |_| Refusal::CrossSite.into_response();
    pages.layer(CsrfLayer::new().with_rejection_response(refuse))
}

async fn from_here_alone(mut response: Response) -> Response {
    if response.status() == StatusCode::NOT_FOUND {
        return Problem::route_not_found().into_response();
    }
    let policy = HeaderValue::from_static(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         frame-ancestors 'none'",
    );
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn cors(origins: Vec<HeaderValue>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static(token::HEADER),
            HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([header::RETRY_AFTER, request_id::HEADER])
}

async fn same_origin_with_cookie(
    State(line): State<Line>,
    request: Request,
    next: Next,
) -> Response {
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let has_cookie = request.headers().contains_key(header::COOKIE);
    if is_safe || !has_cookie || !came_by_cookie(&request, &line) {
        return next.run(request).await;
    }
    let checked = CsrfLayer::new()
        .with_rejection_response(|_| Refusal::CrossSite.into_response())
        .layer(next);
    match checked.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn came_by_cookie(request: &Request, line: &Line) -> bool {
    find_credential(request.headers(), line)
        .is_ok_and(|credential| credential.carrier == Carrier::Cookie)
}
