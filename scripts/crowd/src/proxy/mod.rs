//! The fault proxy: stands between any two parts that speak TCP and does to them what networks do.
//!
//! Loss is what loss is under TCP: nothing arrives as long as it lasts, and what was sent arrives
//! when it is over, or never if the connection is broken first.

mod faults;
mod wire;

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use faults::{Faults, Lost, Way};

/// A running proxy; it ends with its value, and every connection with it.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    faults: watch::Sender<Faults>,
    running: JoinHandle<()>,
}

impl FaultProxy {
    /// Listens at `listen` (port 0 for any) and passes everything on to `target`, host:port.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn start(listen: &str, target: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("listening on {listen}"))?;
        let address = listener.local_addr()?;
        let (faults, watched) = watch::channel(Faults::default());
        let running = tokio::spawn(accept(listener, target.to_owned(), watched));
        Ok(Self {
            address,
            faults,
            running,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the faults, for the connections that are there and those that come.
    pub fn change(&self, change: impl FnOnce(&mut Faults)) {
        self.faults.send_modify(change);
    }

    /// Takes all faults away.
    pub fn heal(&self) {
        self.faults.send_modify(Faults::heal);
    }

    /// Breaks every connection that is there, with a reset on both sides.
    pub fn reset(&self) {
        self.faults.send_modify(Faults::reset);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Connections end with this task: they are its children.
async fn accept(listener: TcpListener, target: String, faults: watch::Receiver<Faults>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            Ok((near, _)) = listener.accept() => {
                connections.spawn(carry(near, target.clone(), faults.clone()));
            }
            // Those that have ended are forgotten.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(near: TcpStream, target: String, faults: watch::Receiver<Faults>) {
    if faults.borrow().refuses {
        wire::reset(&near);
        return;
    }
    // Whoever is not there is not there: the other side sees a broken connection.
    let Ok(far) = TcpStream::connect(&target).await else {
        wire::reset(&near);
        return;
    };
    wire::join(near, far, faults).await;
}
