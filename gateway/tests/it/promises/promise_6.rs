//! 6. A session ends when the purchase ends: every gateway refuses the token.

use std::time::{Duration, Instant};

use gateway::line::Standing;

use crate::harness::{Gateway, Sandbox, Upstream, eventually, opened};

/// Three gateways with connections of their own, before one house.
async fn three_gateways() -> (Sandbox, Upstream, [Gateway; 3]) {
    let (redis, _) = opened(&[]).await;
    let upstream = Upstream::start().await;
    let gateways = [(); 3].map(|()| Gateway::start(&redis, upstream.url()));
    (redis, upstream, gateways)
}

/// The gateway that heard of it refuses at once, the others with their next tick.
async fn refused_everywhere(gateways: &[Gateway], heard: usize, token: &str) {
    let ended = Instant::now();
    refused_at(&gateways[heard], token)
        .await
        .expect("refused at once");
    for gateway in gateways {
        let is_refused = || refused_at(gateway, token);
        eventually("the token is refused", is_refused).await;
        assert!(ended.elapsed() < Duration::from_secs(1), "{ended:?}");
        assert_eq!(gateway.status(1, token).await.ok()["status"], "expired");
    }
}

async fn refused_at(gateway: &Gateway, token: &str) -> Option<()> {
    let request = gateway.get("/api/available-dates").token(token);
    let answer = request.send().await;
    let is_refused = answer.status == 403;
    assert!(!is_refused || answer.refusal().1 == "session_expired");
    is_refused.then_some(())
}

#[tokio::test]
async fn promise_6_who_has_left_is_refused_through_every_gateway_within_a_second() {
    let (_redis, _upstream, gateways) = three_gateways().await;
    let token = gateways[0].admitted(1).await;
    for gateway in &gateways {
        assert_eq!(gateway.get("/seats").token(&token).send().await.status, 200);
    }
    let left = gateways[1]
        .delete("/api/issue")
        .token(&token)
        .send()
        .await
        .ok();
    assert_eq!(left, serde_json::json!({"userId": 1, "status": "expired"}));
    refused_everywhere(&gateways, 1, &token).await;
}

#[tokio::test]
async fn promise_6_a_revoked_session_is_refused_through_every_gateway_within_a_second() {
    let (redis, upstream, gateways) = three_gateways().await;
    let token = gateways[0].admitted(1).await;
    let ticket = gateways[0].status(1, &token).await.ok()["ticket"].to_string();
    upstream.answer_with("stagedoor-command", &format!("revoke; t={ticket}"));
    assert_eq!(
        gateways[0]
            .post("/api/process")
            .token(&token)
            .send()
            .await
            .status,
        200
    );
    let paid = Instant::now();
    let is_over = || async { redis.score("active", 1).await.is_none().then_some(()) };
    eventually("the session ends", is_over).await;
    assert!(
        paid.elapsed() < Duration::from_secs(1),
        "{:?}",
        paid.elapsed()
    );
    refused_everywhere(&gateways, 0, &token).await;
}

#[tokio::test]
async fn promise_6_the_token_of_an_ended_session_does_not_ride_the_next_one() {
    let (_redis, _upstream, gateways) = three_gateways().await;
    let old = gateways[0].admitted(1).await;
    gateways[0]
        .delete("/api/issue")
        .token(&old)
        .send()
        .await
        .ok();
    let new = gateways[1].admitted(1).await;
    refused_everywhere(&gateways, 0, &old).await;
    for gateway in &gateways {
        assert_eq!(gateway.get("/seats").token(&new).send().await.status, 200);
    }
}

#[tokio::test]
async fn promise_6_an_end_that_comes_late_spares_the_newer_session() {
    let (_redis, desk) = opened(&[]).await;
    let old = desk.join(1).await.token();
    desk.end(&old).await;
    let new = desk.join(1).await.token();
    desk.end(&old).await;
    assert!(matches!(desk.standing(&new).await, Standing::Active { .. }));
    assert_eq!(desk.standing(&old).await, Standing::Over);
}

#[tokio::test]
async fn promise_6_the_freed_place_is_given_on_at_once() {
    let (redis, desk) = opened(&[("max_active", "1")]).await;
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&redis, upstream.url());
    let token = gateway.admitted(1).await;
    let next = desk.join(2).await;
    assert_eq!(next.standing, Standing::Waiting { position: 1 });
    gateway.delete("/api/issue").token(&token).send().await.ok();
    let is_in = || async { redis.score("active", 2).await };
    eventually("the next fan is let in", is_in).await;
}
