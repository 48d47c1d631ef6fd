//! The reverse proxy: streams a request to the upstream and its answer back, and nothing else.
//!
//! Who may pass is decided before (`gate`); here a request only gets its headers right, its share
//! of the upstream's capacity, and a bounded time.

mod capacity;
mod headers;
mod upgrade;

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::uri::{Authority, Scheme};
use http::{StatusCode, Uri, Version};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use shared::pass::{Admission, Pass, PassSigner};
use shared::request_id::RequestId;

use crate::refusal::Refusal;
use capacity::{Capacity, Held};

pub(crate) use headers::strip_ours;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Shorter than what common servers keep an idle connection open.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

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
    client: Client<HttpConnector, Body>,
    upstream: Upstream,
    capacity: Capacity,
    passes: PassSigner,
}

impl Proxy {
    /// A proxy to this upstream.
    #[must_use]
    pub fn new(upstream: Upstream, passes: PassSigner) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_timer(TokioTimer::new())
            .build(connector);
        let capacity = Capacity::new(upstream.in_flight);
        Self {
            client,
            upstream,
            capacity,
            passes,
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
        let held = self.capacity.take(&admission)?;
        let upgrade = upgrade::requested(&mut request);
        let request = self.prepare(request, admission, upgrade.is_some())?;
        let answer = tokio::time::timeout(self.upstream.timeout, self.client.request(request));
        let mut response = answer
            .await
            .map_err(|_| down("no answer in time"))?
            .map_err(|error| refusal_of(&error))?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            let to = upgrade.ok_or_else(|| down("an upgrade that nobody asked for"))?;
            upgrade::join(to, &mut response, held);
            headers::clean_upgraded_response(response.headers_mut());
            return Ok(response.map(Body::new));
        }
        headers::clean_response(response.headers_mut());
        Ok(response.map(|body| Body::new(held.until_the_end_of(body))))
    }

    fn prepare(
        &self,
        mut request: Request,
        admission: Admission,
        is_upgrade: bool,
    ) -> Result<Request, Refusal> {
        let limit = self.upstream.body_limit_bytes;
        if headers::content_length(request.headers()).is_some_and(|length| length > limit as u64) {
            return Err(Refusal::BodyTooLarge);
        }
        let request_id = RequestId::of(&request);
        headers::name_the_host(&mut request);
        *request.uri_mut() = self.target(request.uri())?;
        // The upstream is spoken to in HTTP/1.1, whatever the client speaks.
        *request.version_mut() = Version::HTTP_11;
        headers::clean_request(&mut request, &request_id, is_upgrade);
        let pass = self.passes.sign(&Pass {
            admission,
            request_id: request_id.as_str().to_owned(),
        });
        headers::set_pass(request.headers_mut(), &pass);
        Ok(request.map(|body| Body::new(Limited::new(body, limit))))
    }

    fn target(&self, uri: &Uri) -> Result<Uri, Refusal> {
        let path_and_query = uri.path_and_query().map_or("/", |both| both.as_str());
        Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.upstream.authority.clone())
            .path_and_query(format!("{}{path_and_query}", self.upstream.base_path))
            .build()
            .map_err(|_| down("the path cannot be forwarded"))
    }
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

impl Held {
    /// Keeps the share of the capacity until the answer's body has been sent or dropped.
    fn until_the_end_of<B>(self, body: B) -> impl http_body::Body<Data = B::Data, Error = B::Error>
    where
        B: http_body::Body + Unpin,
    {
        body.map_frame(move |frame| {
            let _held = &self;
            frame
        })
    }
}
