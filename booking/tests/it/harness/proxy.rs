//! A network between booking and its database that can fall silent, or become slow.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Hands every byte on, until it is told to swallow them.
pub(crate) struct Proxy {
    address: SocketAddr,
    open: Arc<watch::Sender<bool>>,
    delay: Arc<watch::Sender<Duration>>,
}

impl Proxy {
    /// A proxy before this server.
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port");
        let open = Arc::new(watch::Sender::new(true));
        let delay = Arc::new(watch::Sender::new(Duration::ZERO));
        let accept = accept(listener, server, Arc::clone(&open), Arc::clone(&delay));
        tokio::spawn(accept);
        Self {
            address,
            open,
            delay,
        }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on nothing gets through, and nobody is told.
    pub(crate) fn swallow(&self) {
        self.open.send_replace(false);
    }

    /// From now on everything gets through again, what was kept back included.
    pub(crate) fn heal(&self) {
        self.open.send_replace(true);
    }

    /// From now on what the server says arrives this much later.
    pub(crate) fn delay_answers(&self, delay: Duration) {
        self.delay.send_replace(delay);
    }
}

async fn accept(
    listener: TcpListener,
    server: SocketAddr,
    open: Arc<watch::Sender<bool>>,
    delay: Arc<watch::Sender<Duration>>,
) {
    let at_once = watch::Sender::new(Duration::ZERO);
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = TcpStream::connect(server).await else {
            continue;
        };
        let ((from_client, to_client), (from_server, to_server)) =
            (client.into_split(), server.into_split());
        let (questions, answers) = (at_once.subscribe(), delay.subscribe());
        tokio::spawn(hand_on(from_client, to_server, open.subscribe(), questions));
        tokio::spawn(hand_on(from_server, to_client, open.subscribe(), answers));
    }
}

async fn hand_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut open: watch::Receiver<bool>,
    delay: watch::Receiver<Duration>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let delay = *delay.borrow();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if open.wait_for(|open| *open).await.is_err()
            || to.write_all(&buffer[..read]).await.is_err()
        {
            return;
        }
    }
}
