//! The way down: what was begun is finished, and nothing holds the door open for ever.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::stream;
use http_body_util::BodyExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::harness::{Gateway, Upstream, eventually, house, opened};

#[tokio::test]
async fn a_request_in_flight_is_finished_and_new_ones_are_turned_away() {
    let (redis, _) = opened(&[]).await;
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (knock, may_go) = (Arc::clone(&arrived), Arc::clone(&go));
    let slow = get(move || async move {
        knock.notify_one();
        may_go.notified().await;
        "finished"
    });
    let upstream = Upstream::with(Router::new().route("/slow", slow)).await;
    let mut gateway = Gateway::start(&redis, upstream.url());
    let token = gateway.admitted(1).await;
    let call = tokio::spawn(gateway.get("/slow").token(&token).send());
    arrived.notified().await;
    gateway.shutdown().begin();
    eventually("nobody new comes in", || async {
        TcpStream::connect(gateway.address())
            .await
            .is_err()
            .then_some(())
    })
    .await;
    go.notify_one();
    assert_eq!(call.await.expect("done").body, "finished");
    gateway.stopped().await.expect("a clean stop");
}

#[tokio::test]
async fn an_idle_gateway_stops_at_once_although_connections_are_open() {
    let (_redis, _upstream, mut gateway) = house(&[], &[]).await;
    gateway.admitted(1).await;
    let idle = TcpStream::connect(gateway.address())
        .await
        .expect("connected");
    let began = Instant::now();
    gateway.shutdown().begin();
    gateway.stopped().await.expect("a clean stop");
    assert!(
        began.elapsed() < Duration::from_secs(9),
        "{:?}",
        began.elapsed()
    );
    drop(idle);
}

#[tokio::test]
async fn an_endless_stream_is_cut_when_the_grace_is_over() {
    let (redis, _) = opened(&[]).await;
    let endless = get(|| async {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"data: 1\n\n"))]);
        Body::from_stream(futures_util::StreamExt::chain(first, stream::pending()))
    });
    let upstream = Upstream::with(Router::new().route("/events", endless)).await;
    let settings = [("SHUTDOWN_GRACE_SECONDS", "1")];
    let mut gateway = Gateway::start_with(&redis, upstream.url(), &settings);
    let token = gateway.admitted(1).await;
    let mut body = gateway
        .get("/events")
        .token(&token)
        .begin()
        .await
        .into_body();
    body.frame().await.expect("an event").expect("whole");
    gateway.shutdown().begin();
    gateway.stopped().await.expect("a stop after the grace");
}

#[tokio::test]
async fn a_revoke_that_was_begun_is_made_good_before_the_end() {
    let (redis, upstream, mut gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    upstream.answer_with(
        "stagedoor-command",
        &format!("revoke; t={}", redis.counter().await),
    );
    assert_eq!(gateway.post("/pay").token(&token).send().await.status, 200);
    gateway.shutdown().begin();
    gateway.stopped().await.expect("a clean stop");
    assert_eq!(redis.score("active", 1).await, None);
}
