//! How a queue token travels: its own header, a Bearer, a cookie; the first, in this order, that is
//! a queue token counts.

use crate::harness::{Answer, Gateway, house, queue_token, text, token_by};

/// Two fans who wait, and their tokens.
async fn two_fans(gateway: &Gateway) -> (String, String) {
    let first = text(&gateway.issue(1).await, "token");
    (first, text(&gateway.issue(2).await, "token"))
}

fn is_of(answer: &Answer, user: u64) -> bool {
    answer.ok()["userId"] == user
}

#[tokio::test]
async fn each_carrier_is_read() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let (token, _) = two_fans(&gateway).await;
    let seats = || gateway.get("/seats");
    for call in [
        seats().token(&token),
        seats().bearer(&token),
        seats().header("authorization", format!("bearer {token}")),
        seats().cookie(&token),
        seats().header("cookie", format!("a=1; stagedoor_token={token}; b=2")),
        seats().header("cookie", "a=1").cookie(&token),
    ] {
        let answer = call.send().await;
        assert_eq!(answer.refusal(), (403, "not_admitted".to_owned()));
        assert_eq!(answer.json()["waitingId"], 1);
    }
}

#[tokio::test]
async fn a_cookie_that_is_no_text_does_not_hide_ours() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let (token, _) = two_fans(&gateway).await;
    for other in ["name=김치".as_bytes(), b"name=\xe9\xff", b"noname"] {
        let line = [other, b"; stagedoor_token=", token.as_bytes()].concat();
        let answer = gateway.get("/seats").header("cookie", line).send().await;
        assert_eq!(answer.refusal(), (403, "not_admitted".to_owned()));
    }
}

#[tokio::test]
async fn the_header_is_before_the_bearer_and_the_bearer_before_the_cookie() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let (one, two) = two_fans(&gateway).await;
    let status = || gateway.get("/api/status/1");
    assert!(is_of(
        &status().token(&one).bearer(&two).cookie(&two).send().await,
        1
    ));
    assert!(is_of(&status().bearer(&one).cookie(&two).send().await, 1));
    let second = status().token(&two).bearer(&one).cookie(&one).send().await;
    assert_eq!(second.refusal(), (403, "wrong_user".to_owned()));
}

#[tokio::test]
async fn a_shops_own_bearer_and_other_text_are_passed_over() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let (token, _) = two_fans(&gateway).await;
    let shops_own = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI5IiwiYXVkIjoic2hvcCJ9.c2ln";
    let status = || gateway.get("/api/status/1");
    for call in [
        status().bearer(shops_own).cookie(&token),
        status().bearer("opaque").cookie(&token),
        status()
            .header("authorization", "Basic dTpw")
            .cookie(&token),
        status().token("not-a-token").cookie(&token),
    ] {
        assert!(is_of(&call.send().await, 1));
    }
    let alone = gateway.get("/seats").bearer(shops_own).send().await;
    assert_eq!(alone.refusal(), (401, "token_missing".to_owned()));
    let nonsense = gateway.get("/seats").token("nonsense").send().await;
    assert_eq!(nonsense.refusal(), (401, "token_invalid".to_owned()));
}

#[tokio::test]
async fn a_bad_queue_token_is_not_passed_over() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let (token, _) = two_fans(&gateway).await;
    let stranger = token_by(
        "t:CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA",
        &serde_json::json!({}),
    );
    let answer = gateway
        .get("/api/status/1")
        .token(&stranger)
        .cookie(&token)
        .send()
        .await;
    assert_eq!(answer.refusal(), (401, "token_invalid".to_owned()));
}

#[tokio::test]
async fn another_users_token_at_issue_restores_nothing_of_theirs() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let (one, _) = two_fans(&gateway).await;
    redis.lose_everything().await;
    let call = gateway.post("/api/issue").token(&one);
    let place = call
        .json(&serde_json::json!({"userId": 2}))
        .send()
        .await
        .ok();
    let lower = queue_token(1, 1, 1).ticket.0;
    assert!(place["ticket"].as_u64() > Some(lower));
    assert!(place["ticket"].as_u64() >= Some(redis.state_number("base").await));
    assert_eq!(redis.score("waiting", 1).await, None);
}
