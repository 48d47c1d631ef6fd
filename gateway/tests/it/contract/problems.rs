//! Every "no" is `application/problem+json` with the same members.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Gateway, house};

#[tokio::test]
async fn a_refusal_has_every_member_and_the_id_that_the_header_tells() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let answer = gateway.get("/api/available-dates").send().await;
    let problem = answer.json();
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let members = [
        "type",
        "title",
        "status",
        "detail",
        "code",
        "requestId",
        "retryable",
    ];
    for member in members {
        assert!(problem.get(member).is_some(), "{member} in {problem}");
    }
    assert_eq!(problem["type"], "/problems/token_missing");
    assert_eq!(problem["title"], "Token missing");
    assert_eq!(
        (&problem["status"], &problem["retryable"]),
        (&json!(401), &json!(false))
    );
    assert_eq!(problem["requestId"].as_str(), answer.header("x-request-id"));
}

#[tokio::test]
async fn every_refusal_says_what_to_do() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let token = crate::harness::text(&gateway.issue(1).await, "token");
    for call in [
        gateway.get("/x"),
        gateway.get("/x").token("x"),
        gateway.get("/x").token(&token),
        gateway.get("/api/status/2").token(&token),
        gateway.get("/api/status/2"),
        gateway.call(Method::PUT, "/api/issue"),
        gateway.post("/api/issue").json_text("{"),
    ] {
        let problem = call.send().await.json();
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.len() > 20, "{problem}");
    }
}

async fn wrong_method(gateway: &Gateway, method: Method, path: &str) -> (Value, Vec<String>) {
    let answer = gateway.call(method, path).send().await;
    assert_eq!(
        answer.refusal(),
        (405, "method_not_allowed".to_owned()),
        "{path}"
    );
    let allow = answer
        .header("allow")
        .expect("Allow")
        .split(',')
        .map(|name| name.trim().to_owned());
    let mut allow: Vec<String> = allow.collect();
    allow.sort();
    (answer.json(), allow)
}

#[tokio::test]
async fn a_wrong_method_on_a_path_of_ours_is_405_with_allow() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    for method in [Method::GET, Method::PUT, Method::PATCH] {
        let (_, allow) = wrong_method(&gateway, method, "/api/issue").await;
        assert_eq!(allow, ["DELETE", "POST"]);
    }
    let (_, allow) = wrong_method(&gateway, Method::POST, "/api/status/1").await;
    assert_eq!(allow, ["GET", "HEAD"]);
    assert!(upstream.seen().is_empty(), "it never reaches the house");
}

#[tokio::test]
async fn every_request_has_an_id_of_its_own_that_no_client_chooses() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let call = gateway.get("/healthz").header("x-request-id", "mine");
        let answer = call.send().await;
        assert_eq!(answer.ok(), json!({"status": "ok"}));
        ids.insert(answer.header("x-request-id").expect("an id").to_owned());
    }
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| id.len() == 32), "{ids:?}");
}

#[tokio::test]
async fn ready_when_redis_answers() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    assert_eq!(
        gateway.get("/readyz").send().await.ok(),
        json!({"status": "ready"})
    );
}

#[tokio::test]
async fn metrics_are_on_a_listener_of_their_own_and_tell_of_a_bad_config() {
    let queue = "metrics-of-a-bad-config";
    let (redis, _upstream, gateway) = house(&[], &[("QUEUES", queue)]).await;
    let mut bad = redis::cmd("HSET");
    bad.arg(redis.key_of(queue, "config"))
        .arg("mode")
        .arg("ajar");
    redis.ask::<()>(&bad).await;
    let outside = gateway.get("/metrics").send().await;
    assert_eq!(outside.refusal(), (401, "token_missing".to_owned()));
    let line = format!("gateway_config_bad_values{{queue=\"{queue}\"}} 5");
    crate::harness::eventually("a tick tells of it", || async {
        let answer = gateway.admin().get("/metrics").send().await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        text.contains(&line).then_some(())
    })
    .await;
    assert_eq!(gateway.admin().get("/api/issue").send().await.status, 404);
}
