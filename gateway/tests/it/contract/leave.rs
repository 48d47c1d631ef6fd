//! `DELETE /api/issue`: leaves the line or ends the session, by token only.

use serde_json::json;

use crate::harness::{house, text};

#[tokio::test]
async fn leaving_answers_expired_takes_the_cookie_away_and_can_be_repeated() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let token = text(&gateway.issue(1).await, "token");
    gateway.issue(2).await;
    for _ in 0..2 {
        let answer = gateway.delete("/api/issue").token(&token).send().await;
        assert_eq!(answer.ok(), json!({"userId": 1, "status": "expired"}));
        assert_eq!(answer.members(), ["userId", "status"]);
        let cookie = answer.header("set-cookie").expect("a cookie");
        assert!(
            cookie.starts_with("stagedoor_token=;") && cookie.contains("Max-Age=0"),
            "{cookie}"
        );
    }
    assert_eq!(redis.members("waiting").await, [2]);
    assert_eq!(gateway.status(1, &token).await.ok()["status"], "expired");
}

#[tokio::test]
async fn leaving_needs_the_token_and_believes_no_body() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    gateway.issue(1).await;
    let answer = gateway
        .delete("/api/issue")
        .json(&json!({"userId": 1}))
        .send()
        .await;
    assert_eq!(answer.refusal(), (401, "token_missing".to_owned()));
    assert_eq!(redis.members("waiting").await, [1]);
}

#[tokio::test]
async fn the_token_of_before_does_not_leave_for_the_place_of_now() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let old = text(&gateway.issue(1).await, "token");
    gateway.delete("/api/issue").token(&old).send().await.ok();
    let new = gateway.issue(1).await;
    gateway.delete("/api/issue").token(&old).send().await.ok();
    assert_eq!(redis.score("waiting", 1).await, new["ticket"].as_u64());
}
