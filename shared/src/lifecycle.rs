//! Start and stop, in one place: bind first, serve until told ([`crate::serve`]), then stop softly
//! and at last hard.
//!
//! Soft: no new connections, requests in flight and tracked tasks run to their end. Hard, after the
//! grace time or a second signal: what is left is cut off.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many connections may wait to be accepted; the system cuts it down to `net.core.somaxconn`.
/// When a sale opens all come at once, and who finds no room is only heard again a second later.
const BACKLOG: u32 = 65_535;

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

    /// The same for one of many connections: each looks at a bell of its own, so that no two wait
    /// for one another to look.
    pub(crate) async fn told(&self) {
        self.soft.child_token().cancelled().await;
    }

    /// Waits until what is left is cut off: after the grace time, or when told a second time.
    pub(crate) async fn cut_off(&self) {
        tokio::select! {
            () = tokio::time::sleep(self.grace) => {}
            () = self.hard.cancelled() => {}
        }
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

/// Binds an address before anything else is started, so that a taken port is told at once. Needs a
/// running tokio runtime.
///
/// # Errors
/// When the address cannot be bound; the text names it.
pub fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    use anyhow::Context as _;
    let bound = || -> io::Result<TcpListener> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    };
    bound().with_context(|| format!("cannot listen on {address}: is another process there?"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn many_who_come_at_once_find_room_to_wait() {
        let allowed = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
        let allowed = allowed.ok().and_then(|text| text.trim().parse().ok());
        let many: usize = allowed.unwrap_or(128).min(500);
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let address = listener.local_addr().expect("bound");
        // Nobody is accepted meanwhile, and who is turned away would knock again after a second.
        let patience = Duration::from_millis(900);
        let connect = |_| TcpStream::connect_timeout(&address, patience);
        let waiting: Result<Vec<TcpStream>, io::Error> = (0..many).map(connect).collect();
        assert_eq!(waiting.expect("all are taken").len(), many);
    }
}
