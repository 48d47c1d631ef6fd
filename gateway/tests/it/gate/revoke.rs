//! The house takes a session back: `Stagedoor-Command: revoke; t=<ticket>`.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use tokio::sync::Notify;

use crate::harness::{Cable, Gateway, Upstream, eventually, house, opened};

#[tokio::test]
async fn it_ends_the_session_and_is_never_passed_on() {
    let (redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    let ticket = redis.counter().await;
    upstream.answer_with("stagedoor-command", &format!("revoke; t={ticket}"));
    let answer = gateway.post("/api/process").token(&token).send().await;
    assert_eq!(
        (answer.status, answer.header("stagedoor-command")),
        (200, None)
    );
    let is_over = || async { redis.score("active", 1).await.is_none().then_some(()) };
    eventually("the session is over", is_over).await;
    assert_eq!(redis.spent("1").await, Some(ticket.to_string()));
}

#[tokio::test]
async fn a_ticket_above_the_passes_own_is_not_obeyed() {
    let (redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    let ticket = redis.counter().await;
    for command in [
        format!("revoke; t={}", ticket + 1),
        "revoke; t=99999999999999999999".to_owned(),
        "revoke; t=-1".to_owned(),
        "revoke".to_owned(),
        format!("grant; t={ticket}"),
    ] {
        upstream.answer_with("stagedoor-command", &command);
    }
    let answer = gateway.post("/api/process").token(&token).send().await;
    assert_eq!(
        answer.header("stagedoor-command"),
        None,
        "it is removed all the same"
    );
    // What is obeyed is obeyed in order: this later one is done when the first would have been.
    gateway.shutdown().tasks().close();
    gateway.shutdown().tasks().wait().await;
    assert!(redis.score("active", 1).await.is_some());
}

#[tokio::test]
async fn a_replay_never_ends_a_newer_session() {
    let (redis, upstream, gateway) = house(&[], &[]).await;
    let old = gateway.admitted(1).await;
    let first = redis.counter().await;
    gateway.delete("/api/issue").token(&old).send().await.ok();
    let new = gateway.admitted(1).await;
    upstream.answer_with("stagedoor-command", &format!("revoke; t={first}"));
    assert_eq!(
        gateway.post("/api/process").token(&new).send().await.status,
        200
    );
    gateway.shutdown().tasks().close();
    gateway.shutdown().tasks().wait().await;
    assert_eq!(gateway.status(1, &new).await.ok()["status"], "activate");
}

#[tokio::test]
async fn on_an_open_path_nobody_can_be_revoked() {
    let (redis, upstream, gateway) = house(&[], &[("GATE_RULES", "open * /*")]).await;
    let token = gateway.admitted(1).await;
    upstream.answer_with(
        "stagedoor-command",
        &format!("revoke; t={}", redis.counter().await),
    );
    let answer = gateway.post("/concerts").token(&token).send().await;
    assert_eq!(answer.header("stagedoor-command"), None);
    gateway.shutdown().tasks().close();
    gateway.shutdown().tasks().wait().await;
    assert!(redis.score("active", 1).await.is_some());
}

#[tokio::test]
async fn while_redis_is_away_the_answer_does_not_wait_and_the_end_is_made_good() {
    let (redis, desk) = opened(&[]).await;
    let cable = Cable::to(&redis).await;
    let (arrived, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (knock, may_go) = (Arc::clone(&arrived), Arc::clone(&go));
    let ticket = desk.join(1).await.ticket;
    let pay = post(move || async move {
        knock.notify_one();
        may_go.notified().await;
        (
            [("stagedoor-command", format!("revoke; t={ticket}"))],
            "paid",
        )
    });
    let upstream = Upstream::with(Router::new().route("/pay", pay)).await;
    let gateway = Gateway::start_with(&redis, upstream.url(), &[("REDIS_URL", cable.url())]);
    let token = gateway.admitted(1).await;
    let paying = tokio::spawn(gateway.post("/pay").token(&token).send());
    arrived.notified().await;
    cable.pull_out();
    go.notify_one();
    assert_eq!(paying.await.expect("done").body, "paid");
    assert!(
        redis.score("active", 1).await.is_some(),
        "nobody could be told yet"
    );
    cable.plug_in();
    let is_over = || async { redis.score("active", 1).await.is_none().then_some(()) };
    eventually("the session is over", is_over).await;
}
