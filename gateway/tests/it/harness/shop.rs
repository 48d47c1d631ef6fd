//! A shop that publishes its keys: a real HTTP server, which can fall silent.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

#[derive(Default)]
struct Window {
    /// What is published; nothing while the shop is closed.
    keys: Mutex<Option<String>>,
    asked: AtomicUsize,
}

/// Ends with the test.
pub(crate) struct Shop {
    address: SocketAddr,
    window: Arc<Window>,
    serving: JoinHandle<()>,
}

impl Shop {
    /// A shop with these keys.
    pub(crate) async fn open(keys: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let window = Arc::new(Window::default());
        let router = Router::new().route("/keys", axum::routing::get(show));
        let router = router.with_state(Arc::clone(&window));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("the shop serves");
        });
        let shop = Self {
            address,
            window,
            serving,
        };
        shop.publish(keys);
        shop
    }

    /// Where its keys are.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// From now on these are its keys.
    pub(crate) fn publish(&self, keys: &Value) {
        *self.window.keys.lock().expect("not poisoned") = Some(keys.to_string());
    }

    /// From now on it answers 500.
    pub(crate) fn close(&self) {
        *self.window.keys.lock().expect("not poisoned") = None;
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.window.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn show(State(window): State<Arc<Window>>) -> Response {
    window.asked.fetch_add(1, Ordering::SeqCst);
    let keys = window.keys.lock().expect("not poisoned").clone();
    keys.map_or_else(
        || StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        IntoResponse::into_response,
    )
}
