//! Connections that change their protocol: `WebSocket` passes, nothing else does.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};
use tokio::net::TcpStream;

use crate::harness::{Gateway, Sandbox, Upstream, opened, within};

/// A house that agrees to any upgrade and then sends everything back.
async fn echoing() -> (Sandbox, Upstream, Gateway) {
    let (redis, _) = opened(&[]).await;
    let upstream = Upstream::with(Router::new().route("/ws", get(switch))).await;
    let gateway = Gateway::start(&redis, upstream.url());
    (redis, upstream, gateway)
}

async fn switch(mut request: Request) -> Response {
    let Some(protocol) = request.headers().get("upgrade").cloned() else {
        return Response::new(Body::from("no upgrade"));
    };
    let pass = request.headers().contains_key("stagedoor-pass");
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let (mut read, mut write) = split(TokioIo::new(upgrade.await.expect("upgraded")));
        drop(tokio::io::copy(&mut read, &mut write).await);
    });
    let response = Response::builder()
        .status(101)
        .header("connection", "upgrade");
    let response = response
        .header("upgrade", protocol)
        .header("stagedoor-command", "revoke; t=0");
    response
        .header("x-pass", pass.to_string())
        .body(Body::empty())
        .expect("a response")
}

/// Sends a head and reads the answer's.
async fn knock(gateway: &Gateway, token: &str, headers: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(gateway.address())
        .await
        .expect("connected");
    let head = format!("GET /ws HTTP/1.1\r\nHost: x\r\nX-Queue-Token: {token}\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let byte = within("a head", stream.read_u8()).await.expect("a byte");
        answer.push(byte.to_ascii_lowercase());
    }
    (stream, String::from_utf8(answer).expect("text"))
}

const WEBSOCKET: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

#[tokio::test]
async fn a_websocket_passes_both_ways() {
    let (_redis, _upstream, gateway) = echoing().await;
    let token = gateway.admitted(1).await;
    let (mut stream, head) = knock(&gateway, &token, WEBSOCKET).await;
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(
        head.contains("upgrade: websocket") && head.contains("connection: upgrade"),
        "{head}"
    );
    assert!(
        head.contains("x-pass: true") && !head.contains("stagedoor-"),
        "{head}"
    );
    for word in [&b"hello"[..], &[0x81, 0, 255], &[7; 5000]] {
        stream.write_all(word).await.expect("sent");
        let mut echo = vec![0; word.len()];
        within("the echo", stream.read_exact(&mut echo))
            .await
            .expect("echoed");
        assert_eq!(echo, word);
    }
    stream.shutdown().await.expect("closed");
    let rest = within("the end", stream.read_to_end(&mut Vec::new())).await;
    assert_eq!(rest.expect("ended"), 0);
}

#[tokio::test]
async fn an_upgrade_needs_a_session_like_everything_else() {
    let (_redis, _upstream, gateway) = echoing().await;
    let (_, head) = knock(&gateway, "nonsense", WEBSOCKET).await;
    assert!(head.starts_with("http/1.1 401"), "{head}");
}

#[tokio::test]
async fn another_protocol_would_go_around_the_gate_and_is_not_offered_to_the_house() {
    let (_redis, _upstream, gateway) = echoing().await;
    let token = gateway.admitted(1).await;
    for headers in [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n",
        "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
        "Upgrade: websocket\r\n",
    ] {
        let (_, head) = knock(&gateway, &token, headers).await;
        assert!(head.starts_with("http/1.1 200"), "{headers} {head}");
    }
}
