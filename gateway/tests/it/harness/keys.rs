//! Signing keys of the tests, and tokens that nobody should believe.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use shared::clock::unix_seconds;
use shared::ids::{Epoch, Ticket};
use shared::keyring::Keyring;
use shared::token::QueueToken;

use super::{fan, main_queue};

/// What signs queue tokens in the tests.
pub(crate) const TOKEN_KEYS: &str = "t:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// What signs passes in the tests.
pub(crate) const PASS_KEYS: &str = "p:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA";

pub(crate) fn keyring(text: &str) -> Keyring {
    Keyring::parse(text).expect("the tests' keys are good")
}

/// A key of 32 equal bytes under this id.
pub(crate) fn key(kid: &str, byte: u8) -> String {
    format!("{kid}:{}", URL_SAFE_NO_PAD.encode([byte; 32]))
}

pub(crate) fn queue_token(user: u64, ticket: u64, epoch: u64) -> QueueToken {
    QueueToken {
        user: fan(user),
        queue: main_queue(),
        ticket: Ticket(ticket),
        epoch: Epoch(epoch),
    }
}

/// A token with any claims, signed by these keys.
pub(crate) fn token_by(keys: &str, changed: &Value) -> String {
    let now = unix_seconds();
    let mut claims = json!({
        "sub": "123", "q": "main", "t": 1, "ep": 1, "iat": now, "exp": now + 3600,
    });
    for (name, value) in changed.as_object().expect("claims are an object") {
        claims[name] = value.clone();
    }
    keyring(keys).sign(&claims)
}

/// The same token with other claims and the old signature.
pub(crate) fn forged(token: &str, claims: &Value) -> String {
    let mut parts = token.split('.');
    let (head, _, signature) = (parts.next(), parts.next(), parts.next());
    let middle = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!(
        "{}.{middle}.{}",
        head.expect("a head"),
        signature.expect("a signature")
    )
}

/// What a token says, believed as it stands.
pub(crate) fn payload(token: &str) -> Value {
    let middle = token.split('.').nth(1).expect("three parts");
    let json = URL_SAFE_NO_PAD.decode(middle).expect("base64url");
    serde_json::from_slice(&json).expect("claims are JSON")
}
