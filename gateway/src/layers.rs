//! What surrounds every request of the gateway, in one function, outermost first.
//!
//! It is one future and no stack of boxed layers: most of what a poll costs is spent around it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use http::header::HeaderName;
use http::{HeaderValue, Method, StatusCode, header};
use shared::linger::linger;
use shared::problem::{self, Problem};
use shared::request_id::{self, RequestId};
use shared::serve::Answer;
use shared::{token, trace};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;
use tower_http::csrf::CsrfLayer;

use crate::app::Services;
use crate::gate::{Carrier, find_credential};
use crate::line::Line;
use crate::refusal::Refusal;

/// The routes, and all that is done for each of them. Clones share it.
#[derive(Clone)]
pub struct Layers(Arc<Parts>);

struct Parts {
    routes: Router,
    line: Line,
    cors: CorsLayer,
    is_open: bool,
}

/// Wraps the routes.
#[must_use]
pub fn wrap(routes: Router, line: Line, cors_origins: Vec<HeaderValue>) -> Layers {
    Layers(Arc::new(Parts {
        routes,
        line,
        is_open: !cors_origins.is_empty(),
        cors: cors(cors_origins),
    }))
}

impl Answer for Layers {
    async fn answer(&self, request: Request) -> Response {
        // A refusal has to reach also who is still sending a body.
        let mut request = linger(request);
        // One id for everything that happens to a request.
        let id = RequestId::generate();
        request.extensions_mut().insert(id.clone());
        let context = trace::Context::of(&id, &request);
        // Pinned here, so that it is not moved from one wrapping to the next.
        let answering = pin!(async {
            let mut response = self.0.across_origins(request).await;
            // Every refusal gets its body here, framework rejections included.
            problem::write(&mut response, &id);
            response
        });
        let mut response = context.run(answering).await;
        request_id::tell(&mut response, &id);
        response
    }
}

impl Parts {
    /// Which other origins may call is the gateway's say alone; no preflight meets the gate.
    async fn across_origins(&self, request: Request) -> Response {
        if !self.is_open && request.method() != Method::OPTIONS {
            return self.same_origin_with_cookie(request).await;
        }
        let inner = service_fn(async |request| {
            Ok::<_, Infallible>(self.same_origin_with_cookie(request).await)
        });
        // Seldom, so boxed: the futures of all others stay small.
        let Ok(response) = Box::pin(self.cors.layer(inner).oneshot(request)).await;
        response
    }

    /// A browser sends the cookie by itself, so a mutating call with it has to be same-origin.
    async fn same_origin_with_cookie(&self, request: Request) -> Response {
        let is_safe = matches!(
            *request.method(),
            Method::GET | Method::HEAD | Method::OPTIONS
        );
        let has_cookie = request.headers().contains_key(header::COOKIE);
        if is_safe || !has_cookie || !came_by_cookie(&request, &self.line) {
            return self.routes.answer(request).await;
        }
        let checked = CsrfLayer::new()
            .with_rejection_response(|_| Refusal::CrossSite.into_response())
            .layer(self.routes.clone());
        let Ok(response) = Box::pin(checked.oneshot(request)).await;
        response
    }
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

fn came_by_cookie(request: &Request, line: &Line) -> bool {
    find_credential(request.headers(), line)
        .is_ok_and(|credential| credential.carrier == Carrier::Cookie)
}
