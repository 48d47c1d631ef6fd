//! One id per request, from end to end: in the logs of both services, in the pass and in every
//! problem.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::trace;

/// The response header that tells the client the request's id.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request at hand.
#[derive(Debug, Clone)]
pub struct RequestId(String);

impl RequestId {
    /// A new id, ordered by time.
    #[must_use]
    pub fn generate() -> Self {
        Self(Uuid::now_v7().simple().to_string())
    }

    /// The id that another service of ours gave this request.
    #[must_use]
    pub const fn known(id: String) -> Self {
        Self(id)
    }

    /// The id of this request; one is made up when no layer has set it.
    #[must_use]
    pub fn of<B>(request: &http::Request<B>) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(Self::generate)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Layer: gives each request a new id and tells it in the answer. A client's own id is not taken
/// over: it could be anyone's.
pub async fn assign(mut request: Request, next: Next) -> Response {
    let id = RequestId::generate();
    request.extensions_mut().insert(id.clone());
    let span = trace::request_span(&id, &request);
    let mut response = next.run(request).instrument(span).await;
    tell(&mut response, &id);
    response
}

/// Writes the id into the answer's header.
pub fn tell(response: &mut Response, id: &RequestId) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
}
