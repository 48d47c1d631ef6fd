//! The house behind the gate: a small HTTP service that tells what it was sent.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body_util::BodyExt;
use shared::keyring::SharedKeyring;
use shared::pass::{HEADER, Pass, PassSigner};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{PASS_KEYS, keyring};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("text"))
    }

    /// The pass as text.
    pub(crate) fn pass_text(&self) -> &str {
        self.header(HEADER)
            .expect("a pass on every forwarded request")
    }

    /// What the pass says, when it is good.
    pub(crate) fn pass(&self) -> Pass {
        let keys = SharedKeyring::new(keyring(PASS_KEYS));
        let signer = PassSigner::new(keys, "booking");
        signer.verify(self.pass_text()).expect("a good pass")
    }
}

#[derive(Default)]
struct Desk {
    seen: Mutex<Vec<Seen>>,
    answer_with: Mutex<HeaderMap>,
}

pub(crate) struct Upstream {
    url: String,
    desk: Arc<Desk>,
    serving: JoinHandle<()>,
}

impl Upstream {
    /// Answers 200 to everything and keeps what came.
    pub(crate) async fn start() -> Self {
        Self::with(Router::new()).await
    }

    /// The same, but for these routes.
    pub(crate) async fn with(routes: Router) -> Self {
        let desk = Arc::new(Desk::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let noting = axum::routing::any(note).with_state(Arc::clone(&desk));
        let all = routes.fallback_service(noting);
        let serving = tokio::spawn(async move {
            axum::serve(listener, all)
                .await
                .expect("the upstream serves");
        });
        Self { url, desk, serving }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sends this header with every answer from now on.
    pub(crate) fn answer_with(&self, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).expect("a good value");
        let mut headers = self.desk.answer_with.lock().expect("not poisoned");
        headers.append(HeaderName::from_static(name), value);
    }

    /// Every request so far, the oldest first.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.desk.seen.lock().expect("not poisoned").clone()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().expect("a request reached the upstream")
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn note(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return http::StatusCode::BAD_REQUEST.into_response();
    };
    desk.seen.lock().expect("not poisoned").push(Seen {
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body: body.to_bytes().to_vec(),
    });
    let headers = desk.answer_with.lock().expect("not poisoned").clone();
    (headers, "from the house").into_response()
}
