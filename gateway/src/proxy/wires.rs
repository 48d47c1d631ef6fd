//! The connections to the upstream that one thread keeps for itself.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tower::ServiceExt as _;

use super::head::Head;
use super::upload::Upload;
use super::wire::{Broken, Wire};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Shorter than what common servers keep an idle connection open.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    /// No connection could be made.
    #[error("no connection: {0}")]
    Connect(Box<dyn std::error::Error + Send + Sync>),
    /// It broke before the answer's head was there.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Wires that are ready for a request, the last used at the end, and since when.
type Ready = VecDeque<(Instant, Wire)>;

/// Where a wire goes when it is ready again. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Home(Arc<Mutex<Ready>>);

/// Makes connections and keeps those that are ready.
#[derive(Clone)]
pub(super) struct Wires {
    connector: HttpConnector,
    upstream: Uri,
    pub(super) home: Home,
}

impl Wires {
    pub(super) fn new(upstream: Uri) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        Self {
            connector,
            upstream,
            home: Home::default(),
        }
    }

    /// The same, for another thread.
    pub(super) fn for_another_thread(&self) -> Self {
        Self {
            home: Home::default(),
            ..self.clone()
        }
    }

    /// Sends a request and waits for the head of its answer. A request of which nothing was sent,
    /// because the upstream had closed the connection meanwhile, is sent on another one.
    pub(super) async fn send(&self, upload: &mut Upload) -> Result<(Head, Wire), Failed> {
        while let Some(mut wire) = self.home.take() {
            match wire.send(upload).await {
                Ok(head) => return Ok((head, wire)),
                Err(broken) if upload.is_begun() || broken.is_the_clients() => {
                    return Err(broken.into());
                }
                Err(_) => {}
            }
        }
        // Seldom, so boxed: the futures of all other requests stay small.
        let mut wire = Box::pin(self.connect()).await?;
        let head = wire.send(upload).await?;
        Ok((head, wire))
    }

    async fn connect(&self) -> Result<Wire, Failed> {
        let stream = self.connector.clone().oneshot(self.upstream.clone()).await;
        let stream = stream.map_err(|error| Failed::Connect(error.into()))?;
        Ok(Wire::new(stream.into_inner()))
    }
}

impl Home {
    pub(super) fn put(&self, wire: Wire) {
        self.with(|ready| ready.push_back((Instant::now(), wire)));
    }

    /// The wire that was used last, unless all have been idle for too long.
    fn take(&self) -> Option<Wire> {
        self.with(|ready| {
            let now = Instant::now();
            let young = ready.partition_point(|(since, _)| now - *since > IDLE_TIMEOUT);
            drop(ready.drain(..young));
            ready.pop_back().map(|(_, wire)| wire)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Ready) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
