//! The queue token: a signed JWT that carries user, queue, ticket and epoch.
//!
//! It outlives Redis: a ticket that Redis has forgotten is put back at its own place because the
//! token still says where that was. A good signature says who holds the place, not that the place
//! is still live; only the line knows that.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::ids::{Epoch, QueueName, Ticket, UserId};
use crate::keyring::{BadToken, SharedKeyring};
use crate::verified::Verified;

/// The header that carries a queue token, before `Authorization: Bearer` and the cookie.
pub const HEADER: &str = "x-queue-token";
/// The cookie that `POST /api/issue` sets.
pub const COOKIE: &str = "stagedoor_token";

/// What a queue token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueToken {
    /// Whose place it is.
    pub user: UserId,
    /// In which queue.
    pub queue: QueueName,
    /// Which place.
    pub ticket: Ticket,
    /// The epoch of the line in which it was signed.
    pub epoch: Epoch,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    #[serde(with = "crate::ids::subject")]
    sub: UserId,
    q: QueueName,
    t: Ticket,
    ep: Epoch,
    iat: u64,
    exp: u64,
}

/// Signs and verifies queue tokens.
#[derive(Clone)]
pub struct TokenSigner {
    keys: SharedKeyring,
    lifetime_seconds: u64,
    validation: Arc<Validation>,
    verified: Arc<Verified>,
}

// What was verified are secrets.
impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner")
            .field("keys", &self.keys)
            .field("lifetime_seconds", &self.lifetime_seconds)
            .finish_non_exhaustive()
    }
}

impl TokenSigner {
    /// A signer whose tokens are good for `lifetime_seconds`.
    #[must_use]
    pub fn new(keys: SharedKeyring, lifetime_seconds: u64) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        // Without it a token would be good for one second longer than it says.
        validation.reject_tokens_expiring_in_less_than = 1;
        validation.set_required_spec_claims(&["exp", "sub"]);
        Self {
            keys,
            lifetime_seconds,
            validation: Arc::new(validation),
            verified: Arc::default(),
        }
    }

    /// How long a token is good, in seconds.
    #[must_use]
    pub const fn lifetime_seconds(&self) -> u64 {
        self.lifetime_seconds
    }

    /// Signs a token that is good from now on.
    #[must_use]
    pub fn sign(&self, token: &QueueToken) -> String {
        let now = clock::unix_seconds();
        self.keys.load().sign(&Claims {
            sub: token.user,
            q: token.queue.clone(),
            t: token.ticket,
            ep: token.epoch,
            iat: now,
            exp: now + self.lifetime_seconds,
        })
    }

    /// What a token says, when one of our keys signed it and it is not too old.
    ///
    /// # Errors
    /// [`BadToken`] otherwise.
    pub fn verify(&self, text: &str) -> Result<QueueToken, BadToken> {
        let ring = self.keys.load();
        if let Some(token) = self.verified.find(text, &ring, clock::unix_seconds()) {
            return Ok(token);
        }
        let claims: Claims = ring.verify(text, &self.validation)?;
        let token = QueueToken {
            user: claims.sub,
            queue: claims.q,
            ticket: claims.t,
            epoch: claims.ep,
        };
        self.verified.keep(text, &ring, token.clone(), claims.exp);
        Ok(token)
    }
}

/// The text of `Authorization: Bearer`, whoever's it is.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
}

/// Every cookie, `name=value`, by bytes: another one in the same line may hold what is no text.
pub fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(header::COOKIE).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty())
}

/// Whether a cookie is the queue token's.
#[must_use]
pub fn is_our_cookie(pair: &[u8]) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    name.trim_ascii() == COOKIE.as_bytes()
}

/// Whether a text is meant as a queue token, however bad its signature: it has our claims. A shop's
/// own Bearer token has not, and is passed over.
#[must_use]
pub fn is_meant_as_queue_token(token: &str) -> bool {
    #[derive(Deserialize)]
    struct Shape {
        #[serde(rename = "q")]
        _queue: serde::de::IgnoredAny,
        #[serde(rename = "t")]
        _ticket: serde::de::IgnoredAny,
        #[serde(rename = "ep")]
        _epoch: serde::de::IgnoredAny,
    }
    let payload = token
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    payload.is_some_and(|json| serde_json::from_slice::<Shape>(&json).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Keyring;

    fn signer(lifetime: u64) -> TokenSigner {
        let ring = Keyring::parse(&format!("a:{}", URL_SAFE_NO_PAD.encode([1; 32])));
        TokenSigner::new(SharedKeyring::new(ring.expect("a good ring")), lifetime)
    }

    fn token() -> QueueToken {
        QueueToken {
            user: UserId::new(123).expect("an id"),
            queue: "main".parse().expect("a name"),
            ticket: Ticket(7),
            epoch: Epoch(3),
        }
    }

    #[test]
    fn what_was_signed_is_what_is_read() {
        let signer = signer(60);
        assert_eq!(signer.verify(&signer.sign(&token())), Ok(token()));
    }

    #[test]
    fn a_token_that_was_good_before_is_judged_by_the_keys_and_the_time_of_each_use() {
        let signer = signer(1);
        let short = signer.sign(&token());
        let ends_at = clock::unix_seconds() + 1;
        assert_eq!(signer.verify(&short), Ok(token()));
        while clock::unix_seconds() < ends_at {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(signer.verify(&short).is_err(), "it has ended");

        let signer = self::signer(60);
        let good = signer.sign(&token());
        assert_eq!(signer.verify(&good), Ok(token()));
        let other = Keyring::parse(&format!("b:{}", URL_SAFE_NO_PAD.encode([2; 32])));
        signer.keys.replace(other.expect("a good ring"));
        assert!(signer.verify(&good).is_err(), "its key is retired");
    }

    #[test]
    fn a_token_that_is_changed_old_or_unsigned_is_refused() {
        let signer = signer(60);
        let good = signer.sign(&token());
        let (head, rest) = good.split_once('.').expect("three parts");
        let (_, signature) = rest.split_once('.').expect("three parts");
        let forged =
            URL_SAFE_NO_PAD.encode(r#"{"sub":"1","q":"main","t":1,"ep":3,"exp":99999999999}"#);
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"a"}"#);
        assert!(
            signer
                .verify(&format!("{head}.{forged}.{signature}"))
                .is_err()
        );
        assert!(signer.verify(&format!("{none}.{forged}.")).is_err());
        assert!(
            signer.verify("MTIz").is_err(),
            "base64 of a user id is not a token"
        );
        let old = self::signer(0).sign(&token());
        assert!(signer.verify(&old).is_err());
    }

    #[test]
    fn a_foreign_bearer_is_told_from_a_bad_queue_token() {
        let good = signer(60).sign(&token());
        assert!(is_meant_as_queue_token(&good));
        let foreign = format!(
            "e30.{}.x",
            URL_SAFE_NO_PAD.encode(r#"{"sub":"123","aud":"shop"}"#)
        );
        assert!(!is_meant_as_queue_token(&foreign));
        assert!(!is_meant_as_queue_token("opaque"));
    }
}
