//! A fan's end of the wire: one HTTP request, its whole answer, kept-alive connections.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// A fan who got no answer for so long takes the call as lost, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(30);
/// A connection that nobody used for so long is not used again: the gateway closes idle ones after
/// 10 s, and a call that crosses the closing is lost.
const IDLE: Duration = Duration::from_secs(5);

/// One call, apart from where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// GET, POST or DELETE.
    pub method: &'a Method,
    /// Path and query.
    pub path: &'a str,
    /// The queue token.
    pub token: Option<&'a str>,
    /// The idempotency key.
    pub key: Option<&'a str>,
    /// A JSON body.
    pub body: Option<&'a str>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<Duration>,
    /// The whole body.
    pub body: Bytes,
}

/// No whole answer came. Whether the call was made nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost(pub String);

/// Sends calls. Clones share the connections, as many as there are calls at once.
#[derive(Debug, Clone)]
pub struct Client {
    http: legacy::Client<HttpConnector, Full<Bytes>>,
    patience: Duration,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// A client without any connection yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(PATIENCE, None)
    }

    /// A client that takes a call as lost after `patience`, and whose connections come from this
    /// address of the machine. One address has ports for some 28,000 connections to one door.
    #[must_use]
    pub fn with(patience: Duration, from: Option<IpAddr>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_local_address(from);
        let mut client = legacy::Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        Self {
            http: client.build(connector),
            patience,
        }
    }

    /// Makes one call of the service at `address` (host:port).
    ///
    /// # Errors
    /// [`Lost`] when no whole answer came in time.
    pub async fn call(&self, address: &str, ask: Ask<'_>) -> Result<Answer, Lost> {
        let request = request(address, ask).map_err(|error| Lost(error.to_string()))?;
        let patience = self.patience;
        match tokio::time::timeout(patience, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(Lost(format!("no answer within {patience:?}"))),
        }
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, Lost> {
        let answer = self.http.request(request).await;
        let (head, body) = answer.map_err(|error| lost(&error))?.into_parts();
        let body = body.collect().await.map_err(|error| lost(&error))?;
        Ok(Answer {
            status: head.status.as_u16(),
            retry_after: retry_after(&head.headers),
            body: body.to_bytes(),
        })
    }
}

fn request(address: &str, ask: Ask<'_>) -> http::Result<Request<Full<Bytes>>> {
    let uri = format!("http://{address}{}", ask.path);
    let mut request = Request::builder().method(ask.method).uri(uri);
    if let Some(token) = ask.token {
        request = request.header("x-queue-token", token);
    }
    if let Some(key) = ask.key {
        request = request.header("idempotency-key", key);
    }
    if ask.body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = ask.body.unwrap_or_default().to_owned();
    request.body(Full::new(Bytes::from(body)))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// An error with its causes: the outermost one alone says only "client error".
fn lost(error: &dyn std::error::Error) -> Lost {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Lost(text)
}
