//! The pass: what the house is told about who stands behind a request.

use serde_json::json;
use shared::clock::unix_seconds;
use shared::ids::Ticket;
use shared::keyring::SharedKeyring;
use shared::pass::{Admission, PassSigner};

use crate::harness::{PASS_KEYS, fan, house, keyring, payload};

#[tokio::test]
async fn it_has_exactly_the_claims_of_the_contract() {
    let (redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(123).await;
    let answer = gateway.get("/seats").token(&token).send().await;
    let seen = upstream.last();
    let claims = payload(seen.pass_text());
    let now = unix_seconds();
    let issued = claims["iat"].as_u64().expect("iat");
    assert!((now - 5..=now).contains(&issued));
    let expected = json!({
        "iss": "stagedoor", "aud": "booking", "sub": "123", "q": "main",
        "t": redis.counter().await, "st": "active", "rid": answer.header("x-request-id"),
        "iat": issued, "exp": issued + 60,
    });
    assert_eq!(claims, expected);
    let Admission::Active(holder) = seen.pass().admission else {
        panic!("active");
    };
    assert_eq!((holder.user, holder.queue.as_str()), (fan(123), "main"));
    assert_eq!(holder.ticket, Ticket(redis.counter().await));
}

#[tokio::test]
async fn after_the_session_it_says_over() {
    let (redis, upstream, gateway) = house(&[], &[("GATE_RULES", "own * /*")]).await;
    let token = gateway.admitted(123).await;
    redis.run_out("active", 123).await;
    gateway.heard(123, &token, "expired").await;
    gateway.get("/mine").token(&token).send().await;
    let claims = payload(upstream.last().pass_text());
    assert_eq!(
        (&claims["st"], &claims["sub"], &claims["q"]),
        (&json!("over"), &json!("123"), &json!("main"))
    );
    assert_eq!(claims["t"], json!(redis.counter().await));
}

#[tokio::test]
async fn on_an_open_path_it_names_nobody_even_if_somebody_is_known() {
    let (_redis, upstream, gateway) = house(&[], &[("GATE_RULES", "open * /*")]).await;
    let token = gateway.admitted(123).await;
    gateway.get("/concerts").token(&token).send().await;
    let claims = payload(upstream.last().pass_text());
    assert_eq!(claims["st"], "open");
    for name in ["sub", "q", "t"] {
        assert_eq!(claims.get(name), None, "{name}");
    }
    let mut names: Vec<&String> = claims.as_object().expect("claims").keys().collect();
    names.sort();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "rid", "st"]);
}

#[tokio::test]
async fn it_is_for_the_audience_that_was_set_and_no_other() {
    let (_redis, upstream, gateway) = house(&[], &[("UPSTREAM_AUDIENCE", "shop")]).await;
    let token = gateway.admitted(1).await;
    gateway.get("/seats").token(&token).send().await;
    let seen = upstream.last();
    let signer = |audience| PassSigner::new(SharedKeyring::new(keyring(PASS_KEYS)), audience);
    assert!(signer("shop").verify(seen.pass_text()).is_ok());
    assert!(signer("booking").verify(seen.pass_text()).is_err());
}

#[tokio::test]
async fn a_pass_from_outside_is_replaced_by_the_true_one() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    gateway.get("/seats").token(&token).send().await;
    let true_pass = upstream.last().pass_text().to_owned();
    gateway
        .get("/seats")
        .header("stagedoor-pass", &true_pass)
        .send()
        .await;
    assert_eq!(upstream.seen().len(), 1, "a pass is no token");
    let mallory = gateway.admitted(2).await;
    let call = gateway
        .get("/seats")
        .header("stagedoor-pass", &true_pass)
        .token(&mallory);
    call.send().await;
    let passes: Vec<_> = upstream
        .last()
        .headers
        .get_all("stagedoor-pass")
        .iter()
        .cloned()
        .collect();
    assert_eq!(passes.len(), 1);
    assert_eq!(payload(upstream.last().pass_text())["sub"], "2");
}
