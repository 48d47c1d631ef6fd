//! An HTTP client that shows all of an answer and follows nothing by itself.

use std::fmt;
use std::net::SocketAddr;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use gateway::gate::Rules;
use gateway::openapi;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};
use shared::openapi::documents;

use super::within;

/// The gateway's own calls, and before every other one what the gate may say.
static PAPER: LazyLock<Value> = LazyLock::new(|| {
    let mut paper = openapi::document();
    let calls = json!({ "get": {}, "post": {}, "put": {}, "delete": {} });
    let upstream = json!({ "paths": { "/api/{any}": calls, "/api/{any}/{thing}": calls } });
    openapi::put_before(&mut paper, upstream, &Rules::default());
    paper
});

/// A client of one gateway.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    hyper: Hyper<HttpConnector, Body>,
}

impl Client {
    pub(crate) fn of(address: SocketAddr) -> Self {
        let hyper = Hyper::builder(TokioExecutor::new()).build_http();
        Self { address, hyper }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        let url = format!("http://{}{path}", self.address);
        *request.uri_mut() = url.parse().expect("a good path");
        Call {
            client: self.clone(),
            request,
        }
    }
}

/// A request that is being written.
#[must_use]
pub(crate) struct Call {
    client: Client,
    request: Request<Body>,
}

impl Call {
    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a good value");
        self.request
            .headers_mut()
            .append(HeaderName::from_static(name), value);
        self
    }

    /// The queue token in its own header.
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("x-queue-token", token)
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn cookie(self, token: &str) -> Self {
        self.header("cookie", format!("stagedoor_token={token}"))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.json_text(body.to_string())
    }

    pub(crate) fn json_text(self, body: impl Into<Body>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    /// The answer as soon as its head is there.
    pub(crate) async fn begin(self) -> Response<Incoming> {
        let answer = within("an answer", self.client.hyper.request(self.request)).await;
        answer.expect("the gateway answers")
    }

    pub(crate) async fn send(self) -> Answer {
        let (method, uri) = (self.request.method().clone(), self.request.uri().clone());
        let (head, body) = self.begin().await.into_parts();
        let body = within("the end of an answer", body.collect()).await;
        let answer = Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.expect("a whole answer").to_bytes(),
        };
        answer.must_be_on_paper(&method, uri.path());
        answer
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A refusal of one of our own calls has to be one that the contract on paper names for it.
    fn must_be_on_paper(&self, method: &Method, path: &str) {
        let body: Option<Value> = serde_json::from_slice(&self.body).ok();
        let code = body.as_ref().and_then(|body| body["code"].as_str());
        let (true, Some(code)) = (path.starts_with("/api/"), code) else {
            return;
        };
        let is_on_paper = documents(&PAPER, method, path, self.status, code);
        assert!(
            is_on_paper || code == "method_not_allowed",
            "gateway/src/openapi.rs does not say that {method} {path} may answer {self:?}"
        );
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The JSON of a 200.
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }

    /// The names of a JSON object's members, in the order in which they were sent.
    pub(crate) fn members(&self) -> Vec<String> {
        let members: Members = serde_json::from_slice(&self.body).expect("a JSON object");
        members.0
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let code = self.json()["code"].as_str().map(str::to_owned);
        (
            self.status,
            code.unwrap_or_else(|| panic!("no problem: {self:?}")),
        )
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("text"))
    }

    /// `Retry-After`, in seconds.
    pub(crate) fn retry_after(&self) -> u64 {
        let text = self.header("retry-after").expect("Retry-After");
        text.parse().expect("whole seconds")
    }
}

struct Members(Vec<String>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Members(names))
            }
        }
        deserializer.deserialize_map(Names)
    }
}
