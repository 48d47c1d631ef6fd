//! Redis is away: whatever has to ask answers 503 with `Retry-After`, and all is as before when it
//! is back.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{
    Cable, Call, Gateway, Sandbox, TOKEN_KEYS, Upstream, eventually, opened, token_by,
};

async fn on_a_cable() -> (Sandbox, Cable, Upstream, Gateway) {
    let (redis, _) = opened(&[]).await;
    let cable = Cable::to(&redis).await;
    let upstream = Upstream::start().await;
    let settings = [
        ("REDIS_URL", cable.url()),
        ("GATE_RULES", "open GET /concerts"),
    ];
    let gateway = Gateway::start_with(&redis, upstream.url(), &settings);
    (redis, cable, upstream, gateway)
}

/// A token of an older epoch is asked for, whatever the picture knows.
fn everything_that_asks(gateway: &Gateway) -> Vec<Call> {
    let token = token_by(TOKEN_KEYS, &json!({"sub": "5", "ep": 1}));
    vec![
        gateway.post("/api/issue").json(&json!({"userId": 2})),
        gateway.get("/api/status/5").token(&token),
        gateway.get("/api/status/5"),
        gateway.delete("/api/issue").token(&token),
        gateway.get("/seats").token(&token),
    ]
}

#[tokio::test]
async fn what_has_to_ask_is_line_unavailable_and_the_rest_goes_on() {
    let (_redis, cable, upstream, gateway) = on_a_cable().await;
    gateway.admitted(1).await;
    cable.pull_out();
    for call in everything_that_asks(&gateway) {
        let answer = call.send().await;
        assert_eq!(answer.refusal(), (503, "line_unavailable".to_owned()));
        assert_eq!(answer.json()["retryable"], true);
        assert!((1..=3).contains(&answer.retry_after()));
    }
    assert!(upstream.seen().is_empty());
    assert_eq!(
        gateway.get("/concerts").send().await.status,
        200,
        "open needs no line"
    );
    assert_eq!(gateway.get("/healthz").send().await.status, 200);
    let ready = gateway.get("/readyz").send().await;
    assert_eq!(
        (ready.status, ready.json()),
        (503, json!({"status": "not ready", "missing": "redis"}))
    );
    let forged = gateway.get("/seats").token("x").send().await;
    assert_eq!(forged.status, 401, "what needs no asking is still answered");
}

#[tokio::test]
async fn when_it_is_back_everything_is_as_it_was() {
    let (_redis, cable, _upstream, gateway) = on_a_cable().await;
    let token = gateway.admitted(1).await;
    let before = gateway.status(1, &token).await.ok();
    let join = || {
        gateway
            .post("/api/issue")
            .json(&json!({"userId": 2}))
            .send()
    };
    cable.pull_out();
    assert_eq!(join().await.status, 503);
    cable.plug_in();
    eventually("the line answers again", || async {
        (join().await.status == 200).then_some(())
    })
    .await;
    let after = gateway.status(1, &token).await.ok();
    for member in ["ticket", "status", "token", "expiresAt"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    assert_eq!(gateway.get("/seats").token(&token).send().await.status, 200);
    assert_eq!(gateway.get("/readyz").send().await.status, 200);
}

#[tokio::test]
async fn a_redis_that_hangs_is_not_waited_for_for_long() {
    let (_redis, cable, _upstream, gateway) = on_a_cable().await;
    gateway.admitted(1).await;
    cable.freeze();
    let began = Instant::now();
    let calls = everything_that_asks(&gateway).into_iter().map(Call::send);
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.refusal(), (503, "line_unavailable".to_owned()));
    }
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    cable.plug_in();
    eventually("the line answers again", || async {
        (gateway.get("/readyz").send().await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_starts_before_redis_serves_as_soon_as_it_is_there() {
    let (redis, _) = opened(&[]).await;
    let cable = Cable::to(&redis).await;
    cable.pull_out();
    let upstream = Upstream::start().await;
    let gateway = Gateway::start_with(&redis, upstream.url(), &[("REDIS_URL", cable.url())]);
    assert_eq!(gateway.get("/readyz").send().await.status, 503);
    cable.plug_in();
    eventually("a fan is let in", || async {
        let call = gateway.post("/api/issue").json(&json!({"userId": 1}));
        (call.send().await.status == 200).then_some(())
    })
    .await;
}
