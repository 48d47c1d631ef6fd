//! `IDENTITY=jwt`: the shop's own ID token proves who joins the line, and who asks without a queue
//! token.

use http::StatusCode;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use shared::clock::unix_seconds;

use crate::harness::{Answer, Client, Gateway, Shop, eventually, house, opened, text};

const SECRET: &str = "a secret of the shop with more than 256 bits";
const BY_SECRET: [(&str, &str); 2] = [("IDENTITY", "jwt"), ("IDENTITY_SECRET", SECRET)];

/// Claims of user 123 that are good for a minute, with these ones changed or, by null, left out.
fn claims(changed: &Value) -> Value {
    let mut claims = json!({ "sub": "123", "exp": unix_seconds() + 60 });
    for (name, value) in changed.as_object().expect("claims are an object") {
        claims[name] = value.clone();
    }
    let all = claims.as_object_mut().expect("claims are an object");
    all.retain(|_, value| !value.is_null());
    claims
}

fn by_secret(secret: &str, changed: &Value) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::default(), &claims(changed), &key).expect("a token")
}

async fn issue(gateway: &Client, id_token: &str) -> Answer {
    let call = gateway.post("/api/issue").json(&json!({ "userId": 123 }));
    call.bearer(id_token).send().await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()));
}

#[tokio::test]
async fn the_line_is_joined_by_who_proves_to_be_the_user() {
    let (_redis, _upstream, gateway) = house(&[], &BY_SECRET).await;
    let call = gateway.post("/api/issue").json(&json!({ "userId": 123 }));
    refused(&call.send().await, 401, "token_missing");
    let good = by_secret(SECRET, &json!({}));
    assert_eq!(issue(&gateway, &good).await.ok()["status"], "activate");
    let number = by_secret(SECRET, &json!({ "sub": 123 }));
    issue(&gateway, &number).await.ok();
    let other = by_secret(SECRET, &json!({ "sub": "124" }));
    refused(&issue(&gateway, &other).await, 403, "wrong_user");
}

#[tokio::test]
async fn a_token_that_is_forged_late_early_or_somebody_elses_is_refused() {
    let (_redis, _upstream, gateway) = house(&[], &BY_SECRET).await;
    let now = unix_seconds();
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjMiLCJleHAiOjk5OTk5OTk5OTl9.";
    let other = "another secret of somebody else, also long";
    let bad = [
        "x".to_owned(),
        none.to_owned(),
        by_secret(other, &json!({})),
        by_secret(SECRET, &json!({ "exp": now - 60 })),
        by_secret(SECRET, &json!({ "exp": null })),
        by_secret(SECRET, &json!({ "nbf": now + 60 })),
        by_secret(SECRET, &json!({ "sub": null })),
        by_secret(SECRET, &json!({ "sub": "0123" })),
        by_secret(SECRET, &json!({ "sub": "someone" })),
    ];
    for token in bad {
        refused(&issue(&gateway, &token).await, 401, "token_invalid");
    }
    let late = by_secret(SECRET, &json!({ "exp": now - 15 }));
    issue(&gateway, &late).await.ok();
}

#[tokio::test]
async fn claim_audience_and_issuer_are_the_shops() {
    let more = [
        BY_SECRET[0],
        BY_SECRET[1],
        ("IDENTITY_CLAIM", "customer"),
        ("IDENTITY_AUDIENCE", "line"),
        ("IDENTITY_ISSUER", "shop"),
    ];
    let (_redis, _upstream, gateway) = house(&[], &more).await;
    let good = json!({ "sub": "x", "customer": 123, "aud": ["line", "cart"], "iss": "shop" });
    issue(&gateway, &by_secret(SECRET, &good)).await.ok();
    for (name, value) in [
        ("customer", json!(null)),
        ("aud", json!("cart")),
        ("aud", json!(null)),
        ("iss", json!("thief")),
        ("iss", json!(null)),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        let answer = issue(&gateway, &by_secret(SECRET, &wrong)).await;
        refused(&answer, 401, "token_invalid");
    }
}

#[tokio::test]
async fn status_needs_the_queue_token_or_the_id_token() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &BY_SECRET).await;
    let id_token = by_secret(SECRET, &json!({}));
    let place = issue(&gateway, &id_token).await.ok();
    let queue_token = text(&place, "token");
    gateway.status(123, &queue_token).await.ok();
    for path in ["/api/status/123", "/api/status/123/events"] {
        refused(&gateway.get(path).send().await, 401, "token_missing");
        let forged = gateway.get(path).bearer("x").send().await;
        refused(&forged, 401, "token_invalid");
        let other = by_secret(SECRET, &json!({ "sub": "124" }));
        let other = gateway.get(path).bearer(&other).send().await;
        refused(&other, 403, "wrong_user");
    }
    let call = gateway.get("/api/status/123").bearer(&id_token);
    assert_eq!(call.send().await.ok()["ticket"], place["ticket"]);
    let stream = gateway.get("/api/status/123/events").bearer(&id_token);
    assert_eq!(stream.begin().await.status(), StatusCode::OK);
}

/// A key pair of the shop's under this id: what signs, and what it publishes.
fn key_pair(kid: &str) -> (EncodingKey, Jwk) {
    let random = aws_lc_rs::rand::SystemRandom::new();
    let curve = &aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let pair = aws_lc_rs::signature::EcdsaKeyPair::generate_pkcs8(curve, &random);
    let signing = EncodingKey::from_ec_der(pair.expect("a key pair").as_ref());
    let mut public = Jwk::from_encoding_key(&signing, Algorithm::ES256).expect("its public half");
    public.common.key_id = Some(kid.to_owned());
    (signing, public)
}

fn by_key(kid: &str, key: &EncodingKey) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(kid.to_owned());
    encode(&header, &claims(&json!({})), key).expect("a token")
}

async fn behind(shop: &Shop) -> (crate::harness::Sandbox, Gateway) {
    let (redis, _) = opened(&[]).await;
    let url = shop.url();
    let settings = [("IDENTITY", "jwt"), ("IDENTITY_JWKS", url.as_str())];
    let gateway = Gateway::start_with(&redis, "http://127.0.0.1:1", &settings);
    (redis, gateway)
}

#[tokio::test]
async fn the_shops_keys_are_fetched_kept_and_fetched_again_for_a_new_one() {
    let ((old, old_public), (new, new_public)) = (key_pair("old"), key_pair("new"));
    let shop = Shop::open(&json!({ "keys": [old_public] })).await;
    let (_redis, gateway) = behind(&shop).await;
    for _ in 0..5 {
        issue(&gateway, &by_key("old", &old)).await.ok();
    }
    assert_eq!(shop.asked(), 1, "the set is kept");
    for stranger in 0..20 {
        let forged = by_key(&format!("stranger-{stranger}"), &new);
        refused(&issue(&gateway, &forged).await, 401, "token_invalid");
    }
    assert!(
        shop.asked() <= 2,
        "strangers make us ask {} times",
        shop.asked()
    );
    shop.publish(&json!({ "keys": [new_public, old_public] }));
    let rotated =
        || async { (issue(&gateway, &by_key("new", &new)).await.status == 200).then_some(()) };
    eventually("the new key is known", rotated).await;
    issue(&gateway, &by_key("old", &old)).await.ok();
    refused(
        &issue(&gateway, &by_key("old", &new)).await,
        401,
        "token_invalid",
    );
    shop.close();
    issue(&gateway, &by_key("new", &new)).await.ok();
}

#[tokio::test]
async fn a_shop_that_does_not_answer_is_503_until_it_does() {
    let (key, public) = key_pair("a");
    let shop = Shop::open(&json!({ "keys": [public] })).await;
    shop.close();
    let (_redis, gateway) = behind(&shop).await;
    let away = issue(&gateway, &by_key("a", &key)).await;
    refused(&away, 503, "line_unavailable");
    shop.publish(&json!({ "keys": [] }));
    let empty = issue(&gateway, &by_key("a", &key)).await;
    refused(&empty, 503, "line_unavailable");
    shop.publish(&json!({ "keys": [public] }));
    let back = || async { (issue(&gateway, &by_key("a", &key)).await.status == 200).then_some(()) };
    eventually("the keys are there", back).await;
}

/// What everybody may read must not sign: the public half as the secret of an HMAC.
#[tokio::test]
async fn a_token_does_not_choose_its_algorithm() {
    let (_, public) = key_pair("a");
    let shop = Shop::open(&json!({ "keys": [public] })).await;
    let (_redis, gateway) = behind(&shop).await;
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("a".to_owned());
    let text = serde_json::to_string(&public).expect("a key");
    let key = EncodingKey::from_secret(text.as_bytes());
    let forged = encode(&header, &claims(&json!({})), &key).expect("a token");
    refused(&issue(&gateway, &forged).await, 401, "token_invalid");
    let secret = json!({ "kty": "oct", "kid": "a", "alg": "HS256", "k": "c2VjcmV0" });
    shop.publish(&json!({ "keys": [secret] }));
    refused(&issue(&gateway, &forged).await, 401, "token_invalid");
}
