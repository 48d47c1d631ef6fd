//! One id per request, from end to end: in the logs of both services, in the pass and in every
//! problem.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderName, HeaderValue};
use uuid::Uuid;

/// The response header that tells the client the request's id.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request at hand.
#[derive(Debug, Clone)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new id, ordered by time. A client's own is never taken over: it could be anyone's.
    #[must_use]
    pub fn generate() -> Self {
        let mut digits = Uuid::encode_buffer();
        Self(Arc::from(
            &*Uuid::now_v7().simple().encode_lower(&mut digits),
        ))
    }

    /// The id that another service of ours gave this request.
    #[must_use]
    pub fn known(id: &str) -> Self {
        Self(Arc::from(id))
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

/// Writes the id into the answer's header.
pub fn tell(response: &mut Response, id: &RequestId) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
}
