//! What a fan is told about a place: the answer of issue and of status.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat};
use http::{HeaderValue, header};
use serde::Serialize;
use shared::ids::{Ticket, UserId};
use shared::token::COOKIE;
use utoipa::ToSchema;

use crate::line::{Estimate, Line, Place, Standing};

/// An answer without its token is not longer.
const ROOM: usize = 320;

/// How a place stands, in the contract's words.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// In line.
    Waiting,
    /// It is this fan's turn.
    Activate,
    /// The session is over.
    Expired,
}

/// A wait, in whole seconds, as a range.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct Wait {
    min: u64,
    max: u64,
}

impl From<Estimate> for Wait {
    fn from(estimate: Estimate) -> Self {
        Self {
            min: estimate.min_seconds,
            max: estimate.max_seconds,
        }
    }
}

/// The answer of calls 1 and 2.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Place)]
pub(super) struct PlaceAnswer<'a> {
    user_id: UserId,
    /// The queue token: send it with every call from now on.
    token: &'a str,
    /// The position: 1 is next, 0 when not waiting. It never rises for one ticket.
    waiting_id: u64,
    status: Status,
    ticket: Ticket,
    /// Null while it is not known.
    estimated_wait_seconds: Option<Wait>,
    /// When to ask again.
    poll_after_ms: u64,
    /// When the session ends; only when active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, nullable = false)]
    expires_at: Option<String>,
    /// The same without your clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expires_in_ms: Option<u64>,
    /// Set while the gateway cannot reach Redis: this is what was known before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    stale: bool,
}

impl<'a> PlaceAnswer<'a> {
    pub(super) fn new(place: &Place, token: &'a str, line: &Line) -> Self {
        let (status, ends) = match place.standing {
            Standing::Waiting { .. } => (Status::Waiting, None),
            Standing::Active {
                expires_at_ms,
                expires_in_ms,
            } => (Status::Activate, Some((expires_at_ms, expires_in_ms))),
            Standing::Over => (Status::Expired, None),
        };
        let outlook = line.outlook(place);
        Self {
            user_id: place.user,
            token,
            waiting_id: place.standing.position(),
            status,
            ticket: place.ticket,
            estimated_wait_seconds: outlook.estimate.map(Wait::from),
            poll_after_ms: whole_millis(outlook.poll_after),
            expires_at: ends.and_then(|(at, _)| rfc3339(at)),
            expires_in_ms: ends.map(|(_, left)| left),
            stale: place.is_stale,
        }
    }

    /// The answer, with the token as a cookie for browsers.
    pub(super) fn with_cookie(self, line: &Line) -> Response {
        let cookie = set_cookie(self.token, line.token_lifetime_seconds());
        let mut response = self.without_cookie();
        response
            .headers_mut()
            .extend(cookie.map(|value| (header::SET_COOKIE, value)));
        response
    }

    pub(super) fn without_cookie(self) -> Response {
        let mut text = Vec::with_capacity(ROOM + self.token.len());
        // Numbers and texts can always be written.
        drop(serde_json::to_writer(&mut text, &self));
        let mut response = Response::new(Body::from(text));
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
        let no_store = HeaderValue::from_static("no-store");
        headers.insert(header::CACHE_CONTROL, no_store);
        response
    }
}

/// The cookie that carries a token for this long; 0 removes it. Scripts cannot read it, and another
/// site's form does not send it.
pub(super) fn set_cookie(token: &str, seconds: u64) -> Option<HeaderValue> {
    let text = format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(text).ok()
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn rfc3339(unix_ms: u64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(i64::try_from(unix_ms).ok()?)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}
