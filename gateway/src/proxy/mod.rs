//! The reverse proxy: streams a request to the upstream and its answer back, and nothing else.
//!
//! Who may pass is decided before (`gate`); here a request only gets its headers right, its share
//! of the upstream's capacity, and a bounded time.

mod capacity;
mod framing;
mod head;
mod headers;
mod upgrade;
mod upload;
mod wire;
mod wires;

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::BytesMut;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{StatusCode, Uri};
use http_body::Body as _;
use http_body_util::{LengthLimitError, Limited};
use shared::pass::{Admission, Pass, PassSigner};
use shared::request_id::RequestId;

use crate::refusal::Refusal;
use capacity::Capacity;
use headers::Ours;
use upload::Upload;
use wire::Answered;
use wires::Wires;

pub(crate) use headers::strip_ours;

/// Room for the heads of most requests.
const HEAD_BYTES: usize = 2 * 1024;

/// Where to forward to, and how much.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Host and port; plain HTTP, so keep it on a network of your own.
    pub authority: Authority,
    /// A path that every request's path is put behind; without a slash at its end.
    pub base_path: String,
    /// How long the upstream may take until its answer's head is there.
    pub timeout: Duration,
    /// How many requests may be on their way at once.
    pub in_flight: usize,
    /// The largest body that is forwarded, in bytes.
    pub body_limit_bytes: usize,
}

/// Forwards admitted requests. Clones share connections and capacity.
#[derive(Clone)]
pub struct Proxy {
    wires: Wires,
    upstream: Upstream,
    capacity: Capacity,
    passes: PassSigner,
}

impl Proxy {
    /// A proxy to this upstream.
    #[must_use]
    pub fn new(upstream: Upstream, passes: PassSigner) -> Self {
        let capacity = Capacity::new(upstream.in_flight);
        Self {
            wires: Wires::new(address(&upstream)),
            upstream,
            capacity,
            passes,
        }
    }

    /// The same proxy for another thread, with connections of its own.
    #[must_use]
    pub fn for_another_thread(&self) -> Self {
        Self {
            wires: self.wires.for_another_thread(),
            ..self.clone()
        }
    }

    /// Forwards one request with a pass that says as whom. The answer's body is streamed.
    ///
    /// # Errors
    /// [`Refusal::Overloaded`], [`Refusal::UpstreamDown`] or [`Refusal::BodyTooLarge`].
    pub async fn forward(
        &self,
        mut request: Request,
        admission: Admission,
    ) -> Result<Response, Refusal> {
        let share = self.capacity.take(&admission)?;
        let upgrade = upgrade::requested(&mut request);
        let mut upload = self.prepare(request, admission, upgrade.is_some())?;
        let answer = tokio::time::timeout(self.upstream.timeout, self.wires.send(&mut upload));
        let (mut head, wire) = answer
            .await
            .map_err(|_| down("no answer in time"))?
            .map_err(|error| refusal_of(&error))?;
        if head.response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let to = upgrade.ok_or_else(|| down("an upgrade that nobody asked for"))?;
            headers::clean_upgraded_response(head.response.headers_mut());
            upgrade::join(to, wire, share);
            return Ok(head.response.map(|()| Body::empty()));
        }
        headers::clean_response(head.response.headers_mut());
        let home = self.wires.home.clone();
        Ok(Answered::new(head, wire, upload, (share, home)).map(Body::new))
    }

    fn prepare(
        &self,
        request: Request,
        admission: Admission,
        is_upgrade: bool,
    ) -> Result<Upload, Refusal> {
        let limit = self.upstream.body_limit_bytes;
        if headers::content_length(request.headers()).is_some_and(|length| length > limit as u64) {
            return Err(Refusal::BodyTooLarge);
        }
        let request_id = RequestId::of(&request);
        let (parts, body) = request.into_parts();
        let pass = self.passes.sign(&Pass {
            admission,
            request_id: request_id.as_str().to_owned(),
        });
        let mut head = BytesMut::with_capacity(HEAD_BYTES);
        head::begin(&parts.method, &self.target(&parts.uri), &mut head);
        let ours = Ours {
            upstream: &self.upstream.authority,
            request_id: &request_id,
            pass: &pass,
            is_upgrade,
        };
        headers::write(&parts, &ours, &mut head);
        let body = if body.is_end_stream() {
            body
        } else {
            Body::new(Limited::new(body, limit))
        };
        Ok(Upload::new(parts.method, head, body))
    }

    /// What is asked for; to whom it goes is the connection's.
    fn target<'a>(&self, uri: &'a Uri) -> Cow<'a, str> {
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        if self.upstream.base_path.is_empty() {
            return path.into();
        }
        format!("{}{path}", self.upstream.base_path).into()
    }
}

fn address(upstream: &Upstream) -> Uri {
    Uri::builder()
        .scheme(Scheme::HTTP)
        .authority(upstream.authority.clone())
        .path_and_query("/")
        .build()
        .expect("all parts are there")
}

fn down(reason: &str) -> Refusal {
    tracing::warn!(reason, "the upstream did not answer");
    Refusal::UpstreamDown
}

/// A body over the limit breaks the request while it is sent, so it is found among the causes.
fn refusal_of(error: &(dyn std::error::Error + 'static)) -> Refusal {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Refusal::BodyTooLarge;
        }
        cause = error.source();
    }
    tracing::warn!(%error, "the upstream did not answer");
    Refusal::UpstreamDown
}
