//! What a house may answer, and what of it reaches the fan: each answer here is written byte by
//! byte, since no library would send most of them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::harness::{Answer, Gateway, Sandbox, opened};

/// A house that gives the same answer as soon as it has read a request's head, and says no more.
struct House {
    _redis: Sandbox,
    gateway: Gateway,
    token: String,
    serving: JoinHandle<()>,
}

impl House {
    /// One connection after the other.
    async fn answering(pieces: &'static [&'static str]) -> Self {
        let (redis, _) = opened(&[]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                    if stream.read_buf(&mut request).await.unwrap_or_default() == 0 {
                        break;
                    }
                }
                for piece in pieces {
                    drop(stream.write_all(piece.as_bytes()).await);
                }
                // Closing with something unread would take the answer back.
                drop(stream.shutdown().await);
                drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
            }
        });
        let gateway = Gateway::start(&redis, &url);
        let token = gateway.admitted(1).await;
        Self {
            _redis: redis,
            gateway,
            token,
            serving,
        }
    }

    async fn ask(&self) -> Answer {
        self.gateway.get("/seats").token(&self.token).send().await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[tokio::test]
async fn every_way_to_end_a_body_is_understood() {
    let ways: [&'static [&'static str]; 6] = [
        &["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", "se", "ats"],
        &[
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nse\r",
            "\n3\r\nats\r\n0\r\n\r\n",
        ],
        &["HTTP/1.1 200 OK\r\n\r\nse", "ats"],
        &["HTTP/1.0 200 OK\r\n\r\n", "seats"],
        &[
            "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nseats",
        ],
        &["HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nseats"],
    ];
    for pieces in ways {
        let answer = House::answering(pieces).await.ask().await;
        assert_eq!(
            (answer.status, &answer.body[..]),
            (200, &b"seats"[..]),
            "{pieces:?}"
        );
        assert_eq!(answer.header("link"), None, "hints are not the answer");
    }
}

#[tokio::test]
async fn of_a_length_beside_chunks_the_fan_hears_nothing() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n";
    let house = House::answering(Box::leak(Box::new([head, "5\r\nseats\r\n0\r\n\r\n"]))).await;
    let answer = house.ask().await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"seats"[..]));
    assert_ne!(answer.header("content-length"), Some("2"));
}

#[tokio::test]
async fn what_nobody_can_be_sure_of_is_upstream_down() {
    let ways: [&'static [&'static str]; 7] = [
        &["HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nseats"],
        &["HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nseats"],
        &["HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
        &["HTTP/1.1 200 OK\r\na header without a colon\r\n\r\n"],
        &["HTTP/1.1 200 OK\r\nbad name: 1\r\n\r\n"],
        &["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n"],
        &[],
    ];
    for pieces in ways {
        let refusal = House::answering(pieces).await.ask().await.refusal();
        assert_eq!(refusal, (503, "upstream_down".to_owned()), "{pieces:?}");
    }
}

#[tokio::test]
async fn an_upgrade_that_nobody_asked_for_is_upstream_down() {
    let pieces = &["HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"];
    let refusal = House::answering(pieces).await.ask().await.refusal();
    assert_eq!(refusal, (503, "upstream_down".to_owned()));
}

#[tokio::test]
async fn an_answer_counts_although_the_house_has_not_read_the_whole_request() {
    let pieces = &["HTTP/1.1 413 Payload Too Large\r\ncontent-length: 8\r\n\r\ntoo much"];
    let house = House::answering(pieces).await;
    let large = vec![b'x'; 900_000];
    let call = house.gateway.post("/seats").token(&house.token).body(large);
    let answer = call.send().await;
    assert_eq!((answer.status, &answer.body[..]), (413, &b"too much"[..]));
}
