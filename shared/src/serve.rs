//! Serves connections over HTTP: each is a task, which ends with its client, when the client keeps
//! it waiting for a request's head, or on the way down.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use tower::Service as _;

use crate::lifecycle::Shutdown;

/// How long a connection may take to send its request's head. Slower ones hold a slot for nothing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// When no connection can be accepted, files may be short for a moment.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What answers the requests of a connection.
pub trait Answer: Clone + Send + Sync + 'static {
    /// The answer to one request.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}

impl Answer for Router {
    async fn answer(&self, request: Request) -> Response {
        match self.clone().call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Serves until stopping begins, then lets the open connections finish within the grace time.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    listener: std::net::TcpListener,
    answerer: impl Answer,
    shutdown: Shutdown,
) -> io::Result<()> {
    let connections = TaskTracker::new();
    accept(listener, &shutdown, |stream, peer| {
        let answerer = answerer.clone();
        connections.spawn(connection(stream, peer, answerer, shutdown.clone()));
    })
    .await?;
    connections.close();
    connections.wait().await;
    Ok(())
}

/// Hands over each new connection until stopping begins; then nobody new comes in.
pub(crate) async fn accept(
    listener: std::net::TcpListener,
    shutdown: &Shutdown,
    mut hand_over: impl FnMut(TcpStream, SocketAddr),
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        tokio::select! {
            biased;
            () = shutdown.begun() => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => hand_over(stream, peer),
                Err(_) => tokio::time::sleep(ACCEPT_AGAIN_AFTER).await,
            },
        }
    }
}

/// Serves one connection to its end.
pub(crate) async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    answerer: impl Answer,
    shutdown: Shutdown,
) {
    let vigil = Arc::new(Vigil::new(HEADER_TIMEOUT));
    watched(stream, peer, answerer, shutdown, vigil).await;
}

async fn watched(
    stream: TcpStream,
    peer: SocketAddr,
    answerer: impl Answer,
    shutdown: Shutdown,
    vigil: Arc<Vigil>,
) {
    let answering = Arc::clone(&vigil);
    let service = service_fn(move |request: Request<Incoming>| {
        let (answerer, watch) = (answerer.clone(), Vigil::watch(&answering));
        async move {
            let mut request = request.map(without_a_box);
            request.extensions_mut().insert(ConnectInfo(peer));
            let response = answerer.answer(request).await;
            Ok::<_, Infallible>(response.map(|body| Watched {
                body,
                _watch: watch,
            }))
        }
    });
    // An answer goes out when it is there; a failure here only makes it a little later.
    drop(stream.set_nodelay(true));
    let mut http = auto::Builder::new(TokioExecutor::new());
    // Most answers are so small that it is cheaper to copy them behind their heads.
    http.http1().writev(false);
    let mut served = pin!(http.serve_connection_with_upgrades(TokioIo::new(stream), service));
    tokio::select! {
        biased;
        // However it ends, nobody is left who could be told.
        _ = served.as_mut() => return,
        () = vigil.broken() => return,
        () = shutdown.told() => served.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = served => {}
        () = shutdown.cut_off() => {}
    }
}

/// Most requests have no body, and need nothing to hold it.
fn without_a_box(body: Incoming) -> Body {
    if body.is_end_stream() {
        Body::empty()
    } else {
        Body::new(body)
    }
}

/// Whether a connection waits for its client, and since when. A timer for each head would cost more
/// than all else that is done for it here.
struct Vigil {
    patience: Duration,
    watches: Mutex<Watches>,
}

struct Watches {
    /// How many requests are being answered.
    running: usize,
    waits_since: Instant,
}

/// A request that is being answered, until the last of its answer has been sent.
struct Watch(Arc<Vigil>);

impl Vigil {
    fn new(patience: Duration) -> Self {
        let watches = Watches {
            running: 0,
            waits_since: Instant::now(),
        };
        Self {
            patience,
            watches: Mutex::new(watches),
        }
    }

    fn watch(vigil: &Arc<Self>) -> Watch {
        vigil.lock().running += 1;
        Watch(Arc::clone(vigil))
    }

    /// Ends when the client has not sent a whole head for too long.
    async fn broken(&self) {
        loop {
            let left = self.left();
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    /// How much patience is left with the client.
    fn left(&self) -> Duration {
        let watches = self.lock();
        match watches.running {
            0 => self.patience.saturating_sub(watches.waits_since.elapsed()),
            _ => self.patience,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Watches> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watches = self.0.lock();
        watches.running -= 1;
        watches.waits_since = Instant::now();
    }
}

struct Watched {
    body: Body,
    _watch: Watch,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(200);

    /// A client's side of a connection that is served with little patience.
    async fn connected(router: Router) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let client = TcpStream::connect(address).await.expect("a connection");
        let (stream, peer) = listener.accept().await.expect("the same one");
        let shutdown = Shutdown::new(Duration::from_secs(1));
        let vigil = Arc::new(Vigil::new(PATIENCE));
        tokio::spawn(watched(stream, peer, router, shutdown, vigil));
        client
    }

    async fn read_to_end(client: &mut TcpStream) -> String {
        let mut text = String::new();
        let read = timeout(20 * PATIENCE, client.read_to_string(&mut text)).await;
        read.expect("it is cut off").expect("in good order");
        text
    }

    #[tokio::test]
    async fn who_does_not_finish_a_head_is_cut_off() {
        for sent in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\n"] {
            let mut client = connected(Router::new()).await;
            client.write_all(sent.as_bytes()).await.expect("sent");
            let began = Instant::now();
            assert_eq!(read_to_end(&mut client).await, "", "after {sent:?}");
            assert!(began.elapsed() > PATIENCE / 2, "after {sent:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_may_take_its_time_and_then_the_client_is_waited_for() {
        let slow = async || {
            tokio::time::sleep(3 * PATIENCE).await;
            "slow"
        };
        let mut client = connected(Router::new().fallback(slow)).await;
        let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        client.write_all(request).await.expect("sent");
        let text = read_to_end(&mut client).await;
        assert!(text.ends_with("slow"), "{text}");
    }
}
