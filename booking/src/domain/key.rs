//! Idempotency keys: a client that lost an answer sends the same key again and gets that answer.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};
use shared::ids::Ticket;

use crate::refusal::Refusal;

const MAX_KEY_CHARACTERS: usize = 255;

/// What the client wrote in `Idempotency-Key`, without quotes: 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key as it is stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Who knows a key and the user's token gets the answer: it does not belong into a log.
        f.write_str("IdempotencyKey(..)")
    }
}

impl FromStr for IdempotencyKey {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let quoted = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let key = quoted.unwrap_or(text);
        let visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if visible && (1..=MAX_KEY_CHARACTERS).contains(&key.len()) {
            Ok(Self(key.to_owned()))
        } else {
            Err(Refusal::InvalidIdempotencyKey)
        }
    }
}

/// SHA-256 of method, path and parsed body: the same key on another request is a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a request. The body is the parsed one, so that white space and the order
    /// of its fields make no difference.
    ///
    /// # Panics
    /// Never: a body is a plain struct of numbers and text.
    #[must_use]
    pub fn of(method: &str, path: &str, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("numbers and text always serialise");
        let mut digest = Sha256::new();
        for part in [method.as_bytes(), path.as_bytes(), &body] {
            digest.update(part);
            digest.update([0]);
        }
        Self(digest.finalize().into())
    }

    /// The 32 bytes as they are stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A request that carries a key.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// The key.
    pub key: IdempotencyKey,
    /// What it stands for.
    pub fingerprint: Fingerprint,
}

/// The success of a mutating call, ready to be sent and to be stored: the same bytes both times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Vec<u8>,
    /// The ticket whose session ends with this answer.
    pub revoke: Option<Ticket>,
    /// Whether it is an earlier answer, told again.
    pub replayed: bool,
}

impl Answer {
    /// A 200 with this body.
    ///
    /// # Panics
    /// Never: an answer is a plain struct of numbers and text.
    #[must_use]
    pub fn ok(body: &impl Serialize) -> Self {
        Self {
            status: 200,
            body: serde_json::to_vec(body).expect("numbers and text always serialise"),
            revoke: None,
            replayed: false,
        }
    }
}

/// What the database keeps under a key.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The fingerprint of the request that was answered.
    pub fingerprint: Vec<u8>,
    /// Its answer.
    pub answer: Answer,
}

impl Stored {
    /// The stored answer, for the same request.
    ///
    /// # Errors
    /// [`Refusal::KeyReused`] when the key came with another request.
    pub fn replay(self, keyed: &Keyed) -> Result<Answer, Refusal> {
        if self.fingerprint != keyed.fingerprint.as_bytes() {
            return Err(Refusal::KeyReused);
        }
        Ok(Answer {
            replayed: true,
            ..self.answer
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_visible_ascii_without_its_quotes() {
        let key = |text: &str| text.parse::<IdempotencyKey>();
        assert_eq!(key("\"abc\"").ok(), key("abc").ok());
        assert!(key(&"k".repeat(255)).is_ok());
        assert!(key(&format!("\"{}\"", "k".repeat(255))).is_ok());
        for text in ["", "\"\"", "a b", "ä", "a\tb", &"k".repeat(256)] {
            assert!(key(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_part_of_a_request_is_in_its_fingerprint() {
        let body = json!({ "amount": 1 });
        let print = Fingerprint::of("POST", "/api/1/charge", &body);
        assert_eq!(print, Fingerprint::of("POST", "/api/1/charge", &body));
        for other in [
            Fingerprint::of("PUT", "/api/1/charge", &body),
            Fingerprint::of("POST", "/api/2/charge", &body),
            Fingerprint::of("POST", "/api/1/charge", &json!({ "amount": 2 })),
        ] {
            assert_ne!(print, other);
        }
    }
}
