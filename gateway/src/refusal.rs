//! Every "no" that the gateway says, and the one place that gives it a status.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use shared::problem::Problem;

use crate::store::StoreError;

/// A named refusal. The order is the order in which a request is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No queue token came with a request that needs one.
    TokenMissing,
    /// The queue token is forged, too old, or of a queue that is not here.
    TokenInvalid,
    /// The shop's own ID token has to come along and did not.
    IdentityMissing,
    /// The ID token is forged, too old, or not made out to us.
    IdentityInvalid,
    /// A cookie's token came with a request that another site sent.
    CrossSite,
    /// The number in path or body is not the token's.
    WrongUser,
    /// The named queue is not served here.
    UnknownQueue,
    /// The queue takes nobody in.
    QueueClosed,
    /// The fan polls more often than told: how long until it is worth asking again.
    TooFast(Duration),
    /// The fan looks on from more places at once than a person has.
    TooManyStreams,
    /// The user never joined.
    NotInLine,
    /// Still waiting: the position, and how long until it is worth asking again.
    NotAdmitted {
        /// How many are ahead, plus one.
        position: u64,
        /// When to ask again.
        retry_after: Duration,
    },
    /// The session is over.
    SessionExpired,
    /// The request's body is larger than the gateway forwards.
    BodyTooLarge,
    /// More requests are on their way than the upstream should get.
    Overloaded,
    /// The upstream does not answer.
    UpstreamDown,
    /// Redis does not answer.
    LineUnavailable,
    /// The keys of ID tokens are not to be had.
    IdentityUnavailable,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the line cannot be reached");
        Self::LineUnavailable
    }
}

impl Refusal {
    const fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::TokenMissing | Self::IdentityMissing => {
                (StatusCode::UNAUTHORIZED, "token_missing")
            }
            Self::TokenInvalid | Self::IdentityInvalid => {
                (StatusCode::UNAUTHORIZED, "token_invalid")
            }
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site"),
            Self::WrongUser => (StatusCode::FORBIDDEN, "wrong_user"),
            Self::UnknownQueue => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_field"),
            Self::QueueClosed => (StatusCode::FORBIDDEN, "queue_closed"),
            Self::TooFast(_) => (StatusCode::TOO_MANY_REQUESTS, "too_fast"),
            Self::TooManyStreams => (StatusCode::TOO_MANY_REQUESTS, "too_many_in_flight"),
            Self::NotInLine => (StatusCode::NOT_FOUND, "not_in_line"),
            Self::NotAdmitted { .. } => (StatusCode::FORBIDDEN, "not_admitted"),
            Self::SessionExpired => (StatusCode::FORBIDDEN, "session_expired"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Self::UpstreamDown => (StatusCode::SERVICE_UNAVAILABLE, "upstream_down"),
            Self::LineUnavailable | Self::IdentityUnavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "line_unavailable")
            }
        }
    }

    fn detail(&self) -> String {
        let text = match self {
            Self::TokenMissing => {
                "This call needs a queue token. Get one with POST /api/issue and send it as \
                 X-Queue-Token, as Authorization: Bearer, or as the cookie stagedoor_token."
            }
            Self::TokenInvalid => {
                "The queue token is not good. Get a new one with POST /api/issue."
            }
            Self::IdentityMissing => {
                "This call needs your shop's ID token, as Authorization: Bearer, or the queue \
                 token of your place."
            }
            Self::IdentityInvalid => "The ID token is not good. Log in again.",
            Self::IdentityUnavailable => {
                "Who you are cannot be checked just now. Try again in a moment."
            }
            Self::CrossSite => "This call was sent by another site and was not made.",
            Self::UnknownQueue => {
                "There is no queue of this name here. Leave the field out for the default one."
            }
            Self::QueueClosed => "The queue is closed: nobody can join it now.",
            Self::TooFast(_) => {
                "You ask more often than pollAfterMs says. Your place is kept; wait a moment."
            }
            Self::TooManyStreams => {
                "You are watching the line in too many places at once. Close one, or poll instead."
            }
            Self::NotInLine => "This user is not in line. Join with POST /api/issue.",
            Self::NotAdmitted { position, .. } => {
                return format!(
                    "It is not your turn yet: you are number {position}. Your place is kept; \
                     ask GET /api/status/{{userId}}."
                );
            }
            Self::SessionExpired => {
                "Your session is over. Join again with POST /api/issue; what you paid for is yours."
            }
            Self::Overloaded => "Too many requests are on their way. Try again in a moment.",
            Self::UpstreamDown => "The service behind the gate does not answer. Try again soon.",
            Self::LineUnavailable => {
                "The line cannot be asked just now. Your place is kept; try again in a moment."
            }
            Self::WrongUser | Self::BodyTooLarge => "",
        };
        text.to_owned()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = refusal.status_and_code();
        let problem = Self::new(status, code, refusal.detail());
        match refusal {
            Refusal::WrongUser => Self::wrong_user(),
            Refusal::BodyTooLarge => shared::json::body_too_large(),
            Refusal::UnknownQueue => problem.with("field", "queue"),
            Refusal::NotAdmitted {
                position,
                retry_after,
            } => problem.with("waitingId", position).retry_after(retry_after),
            Refusal::TooFast(retry_after) => problem.retry_after(retry_after),
            _ => problem,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = Problem::from(self);
        metrics::counter!("gateway_refusals_total", "code" => problem.code()).increment(1);
        problem.into_response()
    }
}
