//! A fan: a user with a pass, and short names for what fans do.

use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Answer;

/// The HTTP client that all fans of a house share.
pub(crate) type Http = Client<HttpConnector, Full<Bytes>>;

/// A client without anything special about it.
pub(crate) fn http() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Someone who calls booking, with a pass or without.
#[derive(Clone)]
pub(crate) struct Fan {
    pub(crate) id: u64,
    pub(crate) pass: Option<String>,
    pub(crate) address: SocketAddr,
    pub(crate) http: Http,
}

impl Fan {
    /// The same fan with another pass.
    pub(crate) fn showing(&self, pass: impl Into<String>) -> Self {
        Self {
            pass: Some(pass.into()),
            ..self.clone()
        }
    }

    /// The same fan without a pass.
    pub(crate) fn without_pass(&self) -> Self {
        Self {
            pass: None,
            ..self.clone()
        }
    }

    /// The same fan at another instance of booking.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    pub(crate) fn dates(&self) -> Call {
        self.get("/api/available-dates")
    }

    pub(crate) fn seats(&self, date: &str) -> Call {
        self.get(&format!("/api/available-seats/{date}"))
    }

    pub(crate) fn reserve(&self, seat: u64) -> Call {
        self.post(
            "/api/reserve",
            &json!({ "userId": self.id, "seatId": seat }),
        )
    }

    pub(crate) fn balance(&self) -> Call {
        self.get(&format!("/api/{}/balance", self.id))
    }

    pub(crate) fn charge(&self, amount: i64) -> Call {
        self.post(
            &format!("/api/{}/charge", self.id),
            &json!({ "amount": amount }),
        )
    }

    pub(crate) fn pay(&self, amount: i64) -> Call {
        self.post(
            "/api/process",
            &json!({ "userId": self.id, "amount": amount }),
        )
    }

    pub(crate) fn pay_only(&self, amount: i64, reservation: &Value) -> Call {
        let body = json!({ "userId": self.id, "amount": amount, "reservationId": reservation });
        self.post("/api/process", &body)
    }

    pub(crate) fn release(&self, reservation: &Value) -> Call {
        let id = reservation.as_str().unwrap_or_default();
        self.call(Method::DELETE, &format!("/api/reserve/{id}"), None)
    }

    pub(crate) fn cancel(&self, reservation: &Value) -> Call {
        let id = reservation.as_str().unwrap_or_default();
        let path = format!("/api/reservations/{id}/cancel");
        self.call(Method::POST, &path, None)
    }

    pub(crate) fn history(&self) -> Call {
        self.get(&format!("/api/{}/history", self.id))
    }

    pub(crate) fn reservations(&self) -> Call {
        self.get(&format!("/api/{}/reservations", self.id))
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path, Some(body.to_string().into()))
    }

    /// A POST of these very bytes.
    pub(crate) fn post_bytes(&self, path: &str, body: impl Into<Bytes>) -> Call {
        self.call(Method::POST, path, Some(body.into()))
    }

    pub(crate) fn call(&self, method: Method, path: &str, body: Option<Bytes>) -> Call {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        if let Some(pass) = &self.pass {
            request = request.header("stagedoor-pass", pass);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Full::from(body.unwrap_or_default()));
        Call {
            request: request.expect("a request of the test"),
            http: self.http.clone(),
        }
    }
}

/// A request that is sent when it is awaited.
pub(crate) struct Call {
    request: Request<Full<Bytes>>,
    http: Http,
}

impl Call {
    /// The same call with an idempotency key.
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// The same call with one more header, beside one of the same name.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header of the test");
        let headers = self.request.headers_mut();
        headers.append(HeaderName::from_static(name), value);
        self
    }

    /// The same call with this header replaced.
    pub(crate) fn replacing(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().remove(name);
        self.header(name, value)
    }

    /// Sends the call over a connection of its own, waits for `until`, and hangs up. Comes back
    /// when booking has noticed.
    pub(crate) async fn send_and_hang_up(self, until: impl Future<Output = ()>) {
        let uri = self.request.uri();
        let address = uri.authority().expect("an address").to_string();
        let mut connection = TcpStream::connect(address).await.expect("a connection");
        connection
            .write_all(&self.text().await)
            .await
            .expect("a request that is sent");
        until.await;
        connection.shutdown().await.expect("the end of sending");
        let mut rest = Vec::new();
        connection
            .read_to_end(&mut rest)
            .await
            .expect("the end of the connection");
    }

    /// The call as it goes over the wire.
    async fn text(self) -> Vec<u8> {
        let (head, body) = self.request.into_parts();
        let body = body.collect().await.expect("a body of the test").to_bytes();
        let mut text = format!("{} {} HTTP/1.1\r\n", head.method, head.uri.path()).into_bytes();
        text.extend(format!("host: test\r\ncontent-length: {}\r\n", body.len()).bytes());
        for (name, value) in &head.headers {
            text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        text.extend(b"\r\n");
        text.extend(body);
        text
    }

    async fn send(self) -> Answer {
        let (method, uri) = (self.request.method().clone(), self.request.uri().clone());
        let answer = self.http.request(self.request).await;
        let (head, body) = answer.expect("an answer from booking").into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let answer = Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        };
        answer.must_be_on_paper(&method, uri.path());
        answer
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
