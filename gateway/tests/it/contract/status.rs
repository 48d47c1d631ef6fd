//! Call 2: `GET /api/status/{userId}`.

use serde_json::json;

use crate::harness::{Desk, eventually, house, payload, text};

#[tokio::test]
async fn call_2_answers_the_place_with_exactly_these_members() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    for user in [1, 2, 3, 4, 123] {
        gateway.issue(user).await;
    }
    let answer = gateway.get("/api/status/123").send().await;
    let place = answer.ok();
    let members = [
        "userId",
        "token",
        "waitingId",
        "status",
        "ticket",
        "estimatedWaitSeconds",
        "pollAfterMs",
    ];
    assert_eq!(answer.members(), members);
    assert_eq!(
        (&place["userId"], &place["waitingId"]),
        (&json!(123), &json!(5))
    );
    assert_eq!(place["status"], json!("waiting"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(payload(&text(&place, "token"))["t"], place["ticket"]);
}

#[tokio::test]
async fn the_same_token_is_handed_back_as_long_as_it_is_good() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    let answer = gateway.status(1, &token).await;
    assert_eq!(text(&answer.ok(), "token"), token);
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.ok()["status"], "activate");
}

#[tokio::test]
async fn a_later_epoch_is_signed_into_a_new_token_by_the_way_the_old_one_came() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let old = text(&gateway.issue(1).await, "token");
    redis.restart().await;
    let renewed = || async {
        let answer = gateway.status(1, &old).await;
        (text(&answer.ok(), "token") != old).then_some(answer)
    };
    let by_header = eventually("the gateway has heard of the epoch", renewed).await;
    let new = text(&by_header.ok(), "token");
    assert!(payload(&new)["ep"].as_u64() > payload(&old)["ep"].as_u64());
    assert_eq!(payload(&new)["t"], payload(&old)["t"]);
    assert_eq!(by_header.header("set-cookie"), None);
    let by_cookie = gateway.get("/api/status/1").cookie(&old).send().await;
    let cookie = by_cookie.header("set-cookie").expect("a new cookie");
    assert!(cookie.starts_with(&format!(
        "stagedoor_token={}",
        text(&by_cookie.ok(), "token")
    )));
}

#[tokio::test]
async fn asking_with_the_token_claims_and_asking_without_does_not() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let token = text(&gateway.issue(1).await, "token");
    redis.configure(&[("mode", "open")]).await;
    Desk::open(&redis).promote().await;
    let in_ms = |answer: crate::harness::Answer| answer.ok()["expiresInMs"].as_u64();
    assert!(in_ms(gateway.get("/api/status/1").send().await) <= Some(15_000));
    let claim = || async { in_ms(gateway.status(1, &token).await) };
    let claimed = eventually("the gateway has heard of the turn", claim).await;
    assert_eq!(claimed, 600_000);
}

#[tokio::test]
async fn a_session_that_is_over_is_expired_and_the_number_is_zero() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    redis.run_out("active", 1).await;
    gateway.heard(1, &token, "expired").await;
    for call in [
        gateway.get("/api/status/1").token(&token),
        gateway.get("/api/status/1"),
    ] {
        let place = call.send().await.ok();
        assert_eq!(
            (&place["status"], &place["waitingId"]),
            (&json!("expired"), &json!(0))
        );
        assert_eq!(place.get("expiresAt"), None);
    }
}

#[tokio::test]
async fn the_token_of_an_ended_place_is_not_signed_anew() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    gateway.delete("/api/issue").token(&token).send().await.ok();
    redis.restart().await;
    let place = gateway.status(1, &token).await.ok();
    assert_eq!(
        (&place["status"], text(&place, "token")),
        (&json!("expired"), token)
    );
}

#[tokio::test]
async fn another_users_number_is_refused_before_anything_is_looked_up() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    gateway.issue(2).await;
    let before = redis.contents().await;
    for user in [2, 404] {
        let answer = gateway.status(user, &token).await;
        assert_eq!(answer.refusal(), (403, "wrong_user".to_owned()));
    }
    assert_eq!(redis.contents().await, before);
}

#[tokio::test]
async fn who_never_joined_is_not_in_line() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let answer = gateway.get("/api/status/404").send().await;
    assert_eq!(answer.refusal(), (404, "not_in_line".to_owned()));
    assert_eq!(redis.size("waiting").await, 0);
}

#[tokio::test]
async fn a_user_id_in_a_path_is_plain_digits() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let bad = [
        "0",
        "-1",
        "+1",
        "01",
        "1.0",
        "1e3",
        "x",
        "%20",
        "1%20",
        "%ff",
        "9007199254740992",
        "18446744073709551617",
        "%EF%BC%91",
    ];
    for id in bad {
        let answer = gateway.get(&format!("/api/status/{id}")).send().await;
        assert_eq!(answer.refusal(), (422, "invalid_field".to_owned()), "{id}");
        assert_eq!(answer.json()["field"], "userId", "{id}");
    }
    let largest = gateway.get("/api/status/9007199254740991").send().await;
    assert_eq!(largest.refusal(), (404, "not_in_line".to_owned()));
}

#[tokio::test]
async fn what_else_a_client_asks_in_the_query_is_left_alone() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    gateway.issue(1).await;
    gateway.get("/api/status/1?seen=5&x=%20").send().await.ok();
    for query in ["queue=%ff%fe", "queue=a&queue=b", "queue=nowhere"] {
        let answer = gateway.get(&format!("/api/status/1?{query}")).send().await;
        assert_eq!(
            answer.refusal(),
            (422, "invalid_field".to_owned()),
            "{query}"
        );
    }
}
