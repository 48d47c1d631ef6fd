//! A cable between gateways and their Redis that a test can pull out, freeze and plug in again.

use std::pin::pin;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Sandbox;

#[derive(Clone, Copy)]
enum Condition {
    PluggedIn,
    /// Nothing passes and nothing breaks: the worst case.
    Frozen,
    PulledOut,
}

pub(crate) struct Cable {
    url: String,
    condition: watch::Sender<Condition>,
    running: JoinHandle<()>,
}

impl Cable {
    /// A plugged-in cable to the sandbox's Redis.
    pub(crate) async fn to(redis: &Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (condition, watched) = watch::channel(Condition::PluggedIn);
        let far_end = host_and_port(redis.url());
        Self {
            url: redis.url().replacen(far_end, &address.to_string(), 1),
            condition,
            running: tokio::spawn(listen(listener, dialled(far_end), watched)),
        }
    }

    /// The URL of this end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Breaks every connection; new ones break at once.
    pub(crate) fn pull_out(&self) {
        self.condition.send_replace(Condition::PulledOut);
    }

    pub(crate) fn freeze(&self) {
        self.condition.send_replace(Condition::Frozen);
    }

    pub(crate) fn plug_in(&self) {
        self.condition.send_replace(Condition::PluggedIn);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// The part of `redis://user:password@host:port/database` that is dialled.
fn host_and_port(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// A URL may leave Redis's usual port out.
fn dialled(host_and_port: &str) -> String {
    if host_and_port.contains(':') {
        host_and_port.to_owned()
    } else {
        format!("{host_and_port}:6379")
    }
}

async fn listen(listener: TcpListener, far_end: String, condition: watch::Receiver<Condition>) {
    while let Ok((near, _)) = listener.accept().await {
        tokio::spawn(carry(near, far_end.clone(), condition.clone()));
    }
}

async fn carry(mut near: TcpStream, far_end: String, mut condition: watch::Receiver<Condition>) {
    let mut carried = pin!(async {
        let mut far = TcpStream::connect(&far_end).await?;
        copy_bidirectional(&mut near, &mut far).await
    });
    loop {
        let now = *condition.borrow_and_update();
        match now {
            Condition::PulledOut => return,
            Condition::Frozen => drop(condition.changed().await),
            Condition::PluggedIn => tokio::select! {
                // Why it has ended does not matter here.
                _ = &mut carried => return,
                _ = condition.changed() => {}
            },
        }
    }
}
