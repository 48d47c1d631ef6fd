//! Start and stop, in one place: bind first, serve until told, then stop softly and at last hard.
//!
//! Soft: no new connections, requests in flight and tracked tasks run to their end. Hard, after the
//! grace time or a second signal: what is left is cut off.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a connection may take to send its request's head. Slower ones hold a slot for nothing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// The one owner of the way down. Clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    grace: Duration,
}

impl Shutdown {
    /// A service that is given `grace` to finish what it has begun.
    #[must_use]
    pub fn new(grace: Duration) -> Self {
        Self {
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            tasks: TaskTracker::new(),
            grace,
        }
    }

    /// Begins to stop, softly.
    pub fn begin(&self) {
        self.soft.cancel();
    }

    /// Whether stopping has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Waits until stopping begins. Loops and streams end here.
    pub async fn begun(&self) {
        self.soft.cancelled().await;
    }

    /// Where work is tracked that has to run to its end although its caller has gone.
    #[must_use]
    pub const fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Stops softly on the first SIGTERM or SIGINT, hard on the second.
    ///
    /// # Errors
    /// When the process cannot listen to signals.
    pub fn on_signals(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            for stop in [&shutdown.soft, &shutdown.hard] {
                tokio::select! {
                    _ = terminate.recv() => tracing::info!(signal = "TERM", "stopping"),
                    _ = interrupt.recv() => tracing::info!(signal = "INT", "stopping"),
                }
                stop.cancel();
            }
        });
        Ok(())
    }

    /// Waits for the tracked tasks, at most for the grace time or until stopping turns hard.
    pub async fn drain(&self) {
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            () = self.hard.cancelled() => {}
            () = tokio::time::sleep(self.grace) => {
                tracing::warn!(tasks = self.tasks.len(), "tasks were still running at the end");
            }
        }
    }
}

/// Calls `reload` at each SIGHUP, until stopping begins.
///
/// # Errors
/// When the process cannot listen to signals.
pub fn on_hangup(shutdown: &Shutdown, reload: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = shutdown.begun() => return,
                _ = hangup.recv() => reload(),
            }
        }
    });
    Ok(())
}

/// Binds an address before anything else is started, so that a taken port is told at once.
///
/// # Errors
/// When the address cannot be bound; the text names it.
pub fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    use anyhow::Context as _;
    let listener = TcpListener::bind(address)
        .with_context(|| format!("cannot listen on {address}: is another process there?"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until stopping begins, then lets the open connections finish within the grace time.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown) -> io::Result<()> {
    let handle = axum_server::Handle::new();
    let stop = handle.clone();
    let down = shutdown.clone();
    tokio::spawn(async move {
        down.begun().await;
        stop.graceful_shutdown(Some(down.grace));
        down.hard.cancelled().await;
        stop.shutdown();
    });
    let mut server = axum_server::from_tcp(listener)?
        .handle(handle)
        .first_request_timeout(HEADER_TIMEOUT);
    server
        .http_builder()
        .http1()
        .header_read_timeout(HEADER_TIMEOUT);
    server
        .serve(router.into_make_service_with_connect_info::<SocketAddr>())
        .await
}
