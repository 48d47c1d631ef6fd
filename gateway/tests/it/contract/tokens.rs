//! Tokens that nobody should believe: forged, too old, unsigned, of another key or queue.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::clock::unix_seconds;

use crate::harness::{
    Gateway, PASS_KEYS, TOKEN_KEYS, Upstream, forged, house, key, payload, token_by,
};

async fn refused_everywhere(gateway: &Gateway, upstream: &Upstream, token: &str, why: &str) {
    for call in [
        gateway.get("/api/status/123").token(token),
        gateway.delete("/api/issue").bearer(token),
        gateway.get("/api/available-dates").cookie(token),
        gateway
            .post("/api/process")
            .token(token)
            .json(&json!({"userId": 123, "amount": 1})),
    ] {
        let answer = call.send().await;
        assert_eq!(answer.refusal(), (401, "token_invalid".to_owned()), "{why}");
    }
    assert!(upstream.seen().is_empty(), "{why}");
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", encode(header), encode(claims))
}

#[tokio::test]
async fn a_token_that_is_not_signed_by_us_opens_nothing() {
    let (redis, upstream, gateway) = house(&[], &[]).await;
    let good = gateway.admitted(123).await;
    let claims = payload(&good);
    let mut other_fan = claims.clone();
    other_fan["sub"] = json!("7");
    let none = json!({"alg": "none", "typ": "JWT", "kid": "t"});
    let before = redis.contents().await;
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    for (why, token) in [
        (
            "other claims under an old signature",
            forged(&good, &other_fan),
        ),
        ("alg none", unsigned(&none, &claims)),
        (
            "alg none with the signature",
            unsigned(&none, &claims) + signature,
        ),
        ("no signature", format!("{signed}.")),
        (
            "our kid, another secret",
            token_by(&key("t", 9), &json!({})),
        ),
        (
            "another kid, our secret",
            token_by(&TOKEN_KEYS.replace("t:", "x:"), &json!({})),
        ),
        ("the keys of the passes", token_by(PASS_KEYS, &json!({}))),
    ] {
        refused_everywhere(&gateway, &upstream, &token, why).await;
    }
    assert_eq!(redis.contents().await, before);
    assert_eq!(gateway.status(123, &good).await.status, 200);
}

#[tokio::test]
async fn a_well_signed_token_that_says_nonsense_opens_nothing() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let now = unix_seconds();
    for claims in [
        json!({"exp": now - 1}),
        json!({"exp": now}),
        json!({"exp": null}),
        json!({"exp": "9999999999"}),
        json!({"q": "vip"}),
        json!({"q": "no such name!"}),
        json!({"sub": "0"}),
        json!({"sub": "0123"}),
        json!({"sub": 123}),
        json!({"sub": null}),
        json!({"t": -1}),
        json!({"t": "1"}),
        json!({"t": 1.5}),
        json!({"ep": null}),
    ] {
        let token = token_by(TOKEN_KEYS, &claims);
        refused_everywhere(&gateway, &upstream, &token, &claims.to_string()).await;
    }
}

#[tokio::test]
async fn a_well_signed_token_for_a_place_that_never_was_gives_none() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let (epoch, ticket) = (redis.state_number("epoch").await, redis.counter().await + 5);
    let token = token_by(TOKEN_KEYS, &json!({"t": ticket, "ep": epoch}));
    assert_eq!(gateway.status(123, &token).await.ok()["status"], "expired");
    assert_eq!(redis.size("waiting").await, 0);
}

#[tokio::test]
async fn issuing_does_not_mind_a_bad_token_and_gives_a_new_place() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let bad = token_by(&key("t", 9), &json!({}));
    let call = gateway
        .post("/api/issue")
        .token(&bad)
        .json(&json!({"userId": 123}));
    assert_eq!(call.send().await.ok()["status"], "activate");
}
