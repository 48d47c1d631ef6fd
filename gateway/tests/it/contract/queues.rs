//! Several queues on one gateway: `QUEUES=main,vip`.

use serde_json::json;

use crate::harness::{Gateway, Sandbox, Upstream, house, payload, text};

/// Both queues paused, so that everybody can be counted.
async fn two_queues() -> (Sandbox, Upstream, Gateway) {
    let (redis, upstream, gateway) = house(&[("mode", "paused")], &[("QUEUES", "main,vip")]).await;
    let mut pause = redis::cmd("HSET");
    pause
        .arg(redis.key_of("vip", "config"))
        .arg("mode")
        .arg("paused");
    redis.ask::<()>(&pause).await;
    (redis, upstream, gateway)
}

async fn size(redis: &Sandbox, queue: &str) -> u64 {
    redis
        .ask(redis::cmd("ZCARD").arg(redis.key_of(queue, "waiting")))
        .await
}

#[tokio::test]
async fn a_named_queue_has_its_own_line_and_its_own_token() {
    let (redis, _upstream, gateway) = two_queues().await;
    gateway.issue(5).await;
    let call = gateway
        .post("/api/issue")
        .json_text(r#"{"userId":1,"queue":"vip"}"#);
    let place = call.send().await.ok();
    assert_eq!(place["waitingId"], 1);
    let token = text(&place, "token");
    assert_eq!(payload(&token)["q"], "vip");
    assert_eq!(
        (size(&redis, "main").await, size(&redis, "vip").await),
        (1, 1)
    );
    let status = gateway.status(1, &token).await.ok();
    assert_eq!(
        status["ticket"], place["ticket"],
        "the token says which queue"
    );
    let by_query = gateway.get("/api/status/1?queue=vip").send().await.ok();
    assert_eq!(by_query["ticket"], place["ticket"]);
    let in_main = gateway.get("/api/status/1").send().await;
    assert_eq!(in_main.refusal(), (404, "not_in_line".to_owned()));
}

#[tokio::test]
async fn without_a_name_the_first_queue_is_meant() {
    let (redis, _upstream, gateway) = two_queues().await;
    gateway.issue(1).await;
    let null = gateway
        .post("/api/issue")
        .json(&json!({"userId": 2, "queue": null}));
    null.send().await.ok();
    assert_eq!(
        (size(&redis, "main").await, size(&redis, "vip").await),
        (2, 0)
    );
}

#[tokio::test]
async fn a_queue_that_is_not_served_here_is_an_invalid_field() {
    let (redis, _upstream, gateway) = two_queues().await;
    for name in ["backstage", "", "MAIN", "vip}:x", "*"] {
        let call = gateway
            .post("/api/issue")
            .json(&json!({"userId": 1, "queue": name}));
        let answer = call.send().await;
        assert_eq!(
            answer.refusal(),
            (422, "invalid_field".to_owned()),
            "{name:?}"
        );
        assert_eq!(answer.json()["field"], "queue");
        assert!(
            !answer.json()["detail"]
                .as_str()
                .is_some_and(|text| text.contains("main"))
        );
    }
    assert_eq!(size(&redis, "main").await, 0);
}

#[tokio::test]
async fn leaving_one_queue_keeps_the_place_in_the_other() {
    let (redis, _upstream, gateway) = two_queues().await;
    gateway.issue(1).await;
    let vip = gateway
        .post("/api/issue")
        .json(&json!({"userId": 1, "queue": "vip"}));
    let token = text(&vip.send().await.ok(), "token");
    gateway.delete("/api/issue").token(&token).send().await.ok();
    assert_eq!(
        (size(&redis, "main").await, size(&redis, "vip").await),
        (1, 0)
    );
}

#[tokio::test]
async fn a_closed_queue_refuses_newcomers() {
    let (redis, _upstream, gateway) = two_queues().await;
    let before = gateway.issue(1).await;
    redis.configure(&[("mode", "closed")]).await;
    let answer = gateway
        .post("/api/issue")
        .json(&json!({"userId": 2}))
        .send()
        .await;
    assert_eq!(answer.refusal(), (403, "queue_closed".to_owned()));
    assert_eq!(gateway.issue(1).await["ticket"], before["ticket"]);
}
