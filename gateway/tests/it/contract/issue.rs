//! Call 1: `POST /api/issue`.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{house, payload, text};

#[tokio::test]
async fn call_1_answers_a_place_in_line_with_exactly_these_members() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let answer = gateway
        .post("/api/issue")
        .json_text(r#"{"userId":123}"#)
        .send()
        .await;
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
    assert_eq!(place["userId"], json!(123));
    assert_eq!(place["waitingId"], json!(1));
    assert_eq!(place["status"], json!("waiting"));
    assert_eq!(place["ticket"], json!(redis.counter().await));
    assert_eq!(place["estimatedWaitSeconds"], json!(null));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn with_room_call_1_lets_in_at_once_and_says_until_when() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let answer = gateway
        .post("/api/issue")
        .json_text(r#"{"userId":123}"#)
        .send()
        .await;
    let place = answer.ok();
    let members = [
        "userId",
        "token",
        "waitingId",
        "status",
        "ticket",
        "estimatedWaitSeconds",
        "pollAfterMs",
        "expiresAt",
        "expiresInMs",
    ];
    assert_eq!(answer.members(), members);
    assert_eq!(
        (&place["waitingId"], &place["status"]),
        (&json!(0), &json!("activate"))
    );
    assert_eq!(place["expiresInMs"], json!(600_000));
    let ends = text(&place, "expiresAt");
    let with_milliseconds = "2026-01-01T00:00:00.000Z";
    assert_eq!(ends.len(), with_milliseconds.len(), "{ends}");
    assert!(
        ends.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(&ends).is_ok(),
        "{ends}"
    );
}

#[tokio::test]
async fn issuing_again_is_the_same_ticket_no_place_lost_and_none_gained() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let first = gateway.issue(1).await;
    let second = gateway.issue(2).await;
    for _ in 0..3 {
        let again = gateway.issue(1).await;
        assert_eq!(
            (&again["ticket"], &again["waitingId"]),
            (&first["ticket"], &json!(1))
        );
        let again = gateway.issue(2).await;
        assert_eq!(
            (&again["ticket"], &again["waitingId"]),
            (&second["ticket"], &json!(2))
        );
    }
    assert_eq!(redis.size("waiting").await, 2);
}

#[tokio::test]
async fn the_token_says_who_where_which_and_until_when() {
    let (redis, _upstream, gateway) = house(&[], &[("TOKEN_TTL", "3600")]).await;
    let place = gateway.issue(123).await;
    let claims = payload(&text(&place, "token"));
    assert_eq!(
        (&claims["sub"], &claims["q"]),
        (&json!("123"), &json!("main"))
    );
    assert_eq!(claims["t"], place["ticket"]);
    assert_eq!(claims["ep"], json!(redis.state_number("epoch").await));
    let lifetime = claims["exp"]
        .as_u64()
        .zip(claims["iat"].as_u64())
        .map(|(exp, iat)| exp - iat);
    assert_eq!(lifetime, Some(3600));
    assert_eq!(
        claims.as_object().map(serde_json::Map::len),
        Some(6),
        "{claims}"
    );
}

#[tokio::test]
async fn the_cookie_is_for_browsers_and_out_of_reach_of_scripts_and_other_sites() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let answer = gateway
        .post("/api/issue")
        .json(&json!({"userId": 7}))
        .send()
        .await;
    let token = text(&answer.ok(), "token");
    let cookie = answer.header("set-cookie").expect("a cookie");
    let mut attributes = cookie.split("; ");
    assert_eq!(
        attributes.next(),
        Some(format!("stagedoor_token={token}").as_str())
    );
    let attributes: BTreeSet<&str> = attributes.collect();
    let expected = ["Path=/", "Max-Age=86400", "HttpOnly", "SameSite=Lax"];
    assert_eq!(attributes, BTreeSet::from(expected));
}

#[tokio::test]
async fn fans_are_told_to_come_back_at_different_moments() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let mut waits = BTreeSet::new();
    for _ in 0..20 {
        let wait = gateway.issue(1).await["pollAfterMs"]
            .as_u64()
            .expect("a number");
        assert!((800..=2400).contains(&wait), "{wait} ms");
        waits.insert(wait);
    }
    assert!(waits.len() > 5, "{waits:?}");
}
