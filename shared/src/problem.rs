//! A refusal as the client sees it: RFC 9457 `application/problem+json`.
//!
//! A handler returns a [`Problem`]; the outermost layer ([`write`]) writes the body, because only
//! it knows the request's id. So every refusal has the same members, framework rejections included.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use problem_details::ProblemDetails;
use rand::Rng;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::request_id::RequestId;

/// How long a client waits before it retries what is retryable, spread so that not all come back
/// in the same second.
const RETRY_AFTER_SECONDS: std::ops::RangeInclusive<u64> = 1..=3;

/// The content type of a refusal.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A named "no": status, code and what to do about it.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    retry_after: Option<Duration>,
    members: Map<String, Value>,
}

#[derive(Serialize)]
struct Members<'a> {
    code: &'static str,
    #[serde(rename = "requestId")]
    request_id: &'a str,
    retryable: bool,
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

impl Problem {
    /// A problem of this status and code; `detail` says what is wrong, with which value, and what
    /// to do.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let waits = matches!(status.as_u16(), 429 | 503);
        let retry_after =
            waits.then(|| Duration::from_secs(rand::rng().random_range(RETRY_AFTER_SECONDS)));
        Self {
            status,
            code,
            detail: detail.into(),
            retry_after,
            members: Map::new(),
        }
    }

    /// Adds a member beside the standard ones.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Sets the header `Retry-After`, in whole seconds, at least one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The code, for logs and metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether the same request may succeed later without anything being changed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self.status.as_u16(), 429 | 503) || self.code == "key_in_progress"
    }

    /// `400 malformed_json`.
    #[must_use]
    pub fn malformed_json(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", detail)
    }

    /// `422 invalid_field`, naming the field.
    #[must_use]
    pub fn invalid_field(field: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail).with("field", field)
    }

    /// `404 route_not_found`.
    #[must_use]
    pub fn route_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "route_not_found",
            "There is nothing at this path.",
        )
    }

    /// `405 method_not_allowed`.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        let detail = "This path does not answer this method; see the Allow header.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    /// `500 internal`. What happened stands in the log under the request's id, not in the answer.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "Something broke on our side. Quote the requestId when you report it.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// `403 wrong_user`: the number in path or body is not the caller's own.
    #[must_use]
    pub fn wrong_user() -> Self {
        let detail = "The user id is not the one that the token was issued for.";
        Self::new(StatusCode::FORBIDDEN, "wrong_user", detail)
    }

    /// Whether the header `Retry-After` comes with it.
    #[must_use]
    pub const fn says_when(&self) -> bool {
        self.retry_after.is_some()
    }

    /// The body of such a refusal, for the docs.
    ///
    /// # Panics
    /// Never: what [`Problem`] writes is JSON.
    #[must_use]
    pub fn example(&self) -> Value {
        serde_json::from_slice(&self.body("5f0e8a6c1b2d4e3f")).expect("our own body is JSON")
    }

    fn title(&self) -> String {
        let mut title = self.code.replace('_', " ");
        if let Some(first) = title.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        title
    }

    fn body(&self, request_id: &str) -> Vec<u8> {
        let members = Members {
            code: self.code,
            request_id,
            retryable: self.retryable(),
            more: &self.members,
        };
        let details = ProblemDetails::from_status_code(self.status)
            .with_type(problem_type(self.code))
            .with_title(self.title())
            .with_detail(self.detail.clone())
            .with_extensions(members);
        serde_json::to_vec(&details).expect("text and JSON values always serialise")
    }
}

/// The URI that names the kind of problem. It is a name; nothing has to answer there.
fn problem_type(code: &str) -> http::Uri {
    format!("/problems/{code}")
        .parse()
        .expect("a code is plain ASCII without spaces")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of the [`Problem`] that an answer is, with the request's id; any other answer
/// stays as it is.
pub fn write(response: &mut Response, request_id: &RequestId) {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return;
    };
    tracing::debug!(
        code = problem.code,
        status = problem.status.as_u16(),
        "request refused"
    );
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = problem.retry_after {
        headers.insert(
            header::RETRY_AFTER,
            HeaderValue::from(wait.as_secs().max(1)),
        );
    }
    *response.body_mut() = Body::from(problem.body(request_id.as_str()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_every_member_of_the_contract() {
        let problem = Problem::new(StatusCode::CONFLICT, "seat_taken", "Seat 10 is taken.")
            .with("seatIds", vec![10]);
        let body: Value = serde_json::from_slice(&problem.body("r1")).expect("JSON");
        let expected = serde_json::json!({
            "type": "/problems/seat_taken", "title": "Seat taken", "status": 409,
            "detail": "Seat 10 is taken.", "code": "seat_taken", "requestId": "r1",
            "retryable": false, "seatIds": [10],
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn what_may_be_retried_says_when() {
        let busy = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Busy.");
        assert!(busy.retryable() && busy.retry_after.is_some());
        let waits = Problem::new(StatusCode::CONFLICT, "key_in_progress", "Wait.");
        assert!(waits.retryable());
        assert!(!Problem::wrong_user().retryable());
    }
}
