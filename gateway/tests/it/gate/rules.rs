//! open, own and active: who may pass.

use http::Method;
use shared::pass::Admission;

use crate::harness::{Answer, Desk, Gateway, Sandbox, Upstream, house, text};

const RULES: &str = "open GET /api/concerts; own POST /api/process; own GET /api/{userId}/balance";

async fn before_booking(config: &[(&str, &str)]) -> (Sandbox, Upstream, Gateway) {
    house(config, &[("GATE_RULES", RULES)]).await
}

fn code(answer: &Answer) -> String {
    answer.refusal().1
}

#[tokio::test]
async fn without_rules_everything_needs_an_active_session() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/api/concerts"),
        (Method::PUT, "/x/y"),
    ] {
        let answer = gateway.call(method, path).send().await;
        assert_eq!(answer.refusal(), (401, "token_missing".to_owned()));
    }
    assert!(upstream.seen().is_empty());
    let token = gateway.admitted(1).await;
    let answer = gateway
        .get("/any/thing?a=1&b=%20")
        .token(&token)
        .send()
        .await;
    assert_eq!(
        (answer.status, &answer.body[..]),
        (200, &b"from the house"[..])
    );
    assert_eq!(upstream.last().uri, "/any/thing?a=1&b=%20");
}

#[tokio::test]
async fn an_open_path_needs_no_token_and_no_line() {
    let (redis, upstream, gateway) = before_booking(&[]).await;
    let before = redis.contents().await;
    assert_eq!(gateway.get("/api/concerts").send().await.status, 200);
    assert_eq!(
        gateway
            .get("/api/concerts")
            .token("nonsense")
            .send()
            .await
            .status,
        200
    );
    assert_eq!(upstream.last().pass().admission, Admission::Open);
    assert_eq!(redis.contents().await, before);
    for answer in [
        gateway.post("/api/concerts").send().await,
        gateway.get("/api/concerts/").send().await,
        gateway.get("//api/concerts").send().await,
        gateway.get("/api/%63oncerts").send().await,
    ] {
        assert_eq!(
            code(&answer),
            "token_missing",
            "another spelling is another path"
        );
    }
}

#[tokio::test]
async fn who_waits_is_told_the_position_and_when_to_ask_again() {
    let (_redis, upstream, gateway) = before_booking(&[("mode", "paused")]).await;
    gateway.issue(1).await;
    let token = text(&gateway.issue(2).await, "token");
    for call in [
        gateway.get("/api/available-dates"),
        gateway.post("/api/process"),
        gateway.get("/api/2/balance"),
    ] {
        let answer = call.token(&token).send().await;
        assert_eq!(answer.refusal(), (403, "not_admitted".to_owned()));
        assert_eq!(answer.json()["waitingId"], 2);
        assert_eq!(answer.json()["retryable"], false);
        assert!((1..=3).contains(&answer.retry_after()));
    }
    assert!(upstream.seen().is_empty(), "own is never for who waits");
}

#[tokio::test]
async fn after_the_session_only_ones_own_is_left() {
    let (redis, upstream, gateway) = before_booking(&[]).await;
    let token = gateway.admitted(1).await;
    redis.run_out("active", 1).await;
    gateway.heard(1, &token, "expired").await;
    for path in ["/api/available-dates", "/api/reserve"] {
        let answer = gateway.get(path).token(&token).send().await;
        assert_eq!(answer.refusal(), (403, "session_expired".to_owned()));
    }
    assert!(upstream.seen().is_empty());
    for call in [gateway.post("/api/process"), gateway.get("/api/1/balance")] {
        assert_eq!(call.token(&token).send().await.status, 200);
        assert!(matches!(
            upstream.last().pass().admission,
            Admission::Over(_)
        ));
    }
}

#[tokio::test]
async fn the_old_token_of_a_fan_who_waits_again_is_over_and_not_waiting() {
    let (redis, upstream, gateway) = before_booking(&[]).await;
    let old = gateway.admitted(1).await;
    gateway.delete("/api/issue").token(&old).send().await.ok();
    redis.configure(&[("mode", "paused")]).await;
    gateway.issue(1).await;
    assert_eq!(
        gateway
            .get("/api/1/balance")
            .token(&old)
            .send()
            .await
            .status,
        200
    );
    assert!(matches!(
        upstream.last().pass().admission,
        Admission::Over(_)
    ));
    assert_eq!(
        code(&gateway.get("/seats").token(&old).send().await),
        "session_expired"
    );
}

#[tokio::test]
async fn passing_the_gate_is_the_claim() {
    let (redis, _upstream, gateway) = before_booking(&[("mode", "paused")]).await;
    let token = text(&gateway.issue(1).await, "token");
    redis.configure(&[("mode", "open")]).await;
    Desk::open(&redis).promote().await;
    assert_eq!(gateway.get("/seats").token(&token).send().await.status, 200);
    let left = redis.score("active", 1).await.expect("active") - redis.now_ms().await;
    assert!(left > 500_000, "{left} ms");
}

#[tokio::test]
async fn every_method_is_forwarded_as_it_is() {
    let (_redis, upstream, gateway) = before_booking(&[]).await;
    let token = gateway.admitted(1).await;
    for method in [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
    ] {
        let answer = gateway
            .call(method.clone(), "/x")
            .token(&token)
            .send()
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(upstream.last().method, method);
    }
}
