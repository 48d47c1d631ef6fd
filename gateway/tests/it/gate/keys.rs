//! Keys rotate without logging anyone out.

use shared::keyring::SharedKeyring;
use shared::pass::PassSigner;

use crate::harness::{TOKEN_KEYS, house, key, keyring};

#[tokio::test]
async fn an_old_token_is_good_until_its_key_is_retired() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let old = gateway.admitted(1).await;
    let new_key = key("n", 7);
    gateway
        .keys()
        .tokens
        .replace(keyring(&format!("{new_key},{TOKEN_KEYS}")));
    assert_eq!(gateway.status(1, &old).await.status, 200);
    let new = gateway.admitted(2).await;
    gateway.keys().tokens.replace(keyring(&new_key));
    let retired = gateway.status(1, &old).await;
    assert_eq!(retired.refusal(), (401, "token_invalid".to_owned()));
    assert_eq!(gateway.status(2, &new).await.status, 200);
}

#[tokio::test]
async fn a_fan_with_a_retired_key_gets_the_place_back_by_issuing_again() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let before = gateway.issue(1).await;
    gateway.keys().tokens.replace(keyring(&key("n", 7)));
    assert_eq!(gateway.issue(1).await["ticket"], before["ticket"]);
}

#[tokio::test]
async fn passes_are_signed_with_the_first_key_in_force() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    gateway.keys().passes.replace(keyring(&key("n", 8)));
    gateway.get("/seats").token(&token).send().await;
    let signer = PassSigner::new(SharedKeyring::new(keyring(&key("n", 8))), "booking");
    assert!(signer.verify(upstream.last().pass_text()).is_ok());
}
