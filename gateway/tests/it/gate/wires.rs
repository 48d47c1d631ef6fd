//! The connections to the house: kept, used again, and replaced unseen when the house has closed
//! them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::harness::{Gateway, Sandbox, opened};

/// A house that answers so many requests on a connection and then closes it without a word.
struct House {
    _redis: Sandbox,
    gateway: Gateway,
    token: String,
    connections: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl House {
    async fn answering(each: usize, chunked: bool) -> Self {
        let (redis, _) = opened(&[]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(stream, each, chunked));
            }
        });
        let gateway = Gateway::start(&redis, &url);
        let token = gateway.admitted(1).await;
        Self {
            _redis: redis,
            gateway,
            token,
            connections,
            serving,
        }
    }

    /// So many requests, one after the other; how many connections the house has seen after them.
    async fn ask(&self, times: usize) -> usize {
        for _ in 0..times {
            let call = self.gateway.post("/seats").token(&self.token);
            let answer = call.header("content-length", "0").send().await;
            assert_eq!((answer.status, &answer.body[..]), (200, &b"seats"[..]));
        }
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(mut stream: TcpStream, times: usize, chunked: bool) {
    let (head, body) = if chunked {
        ("transfer-encoding: chunked", "5\r\nseats\r\n0\r\n\r\n")
    } else {
        ("content-length: 5", "seats")
    };
    for _ in 0..times {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => request.push(byte),
                Err(_) => return,
            }
        }
        let answer = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_connection_is_used_again() {
    for chunked in [false, true] {
        let house = House::answering(usize::MAX, chunked).await;
        let threads = std::thread::available_parallelism().expect("known").get();
        let seen = house.ask(40).await;
        assert!(seen <= threads, "{seen} connections for {threads} threads");
    }
}

#[tokio::test]
async fn a_connection_that_the_house_has_closed_is_replaced_and_no_fan_sees_it() {
    let house = House::answering(1, false).await;
    assert_eq!(house.ask(40).await, 40);
}
