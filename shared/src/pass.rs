//! The pass: what the gateway tells an upstream about a request that it let through.
//!
//! A JWT of one minute in the header `Stagedoor-Pass`, signed with `PASS_KEYS`, which are not the
//! keys of the queue tokens: an upstream that can verify passes must not be able to mint places.

use std::borrow::Cow;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::ids::{QueueName, Ticket, UserId};
use crate::keyring::{BadToken, SharedKeyring};

/// The header that carries the pass.
pub const HEADER: &str = "stagedoor-pass";
/// The header in which an upstream answers with a command for the gateway.
pub const COMMAND_HEADER: &str = "stagedoor-command";
/// What every header of ours begins with; the gateway removes them all, in both directions.
pub const HEADER_PREFIX: &str = "stagedoor-";

const ISSUER: &str = "stagedoor";
/// How long a pass is good: a request's time on the way, with room to spare.
pub const LIFETIME_SECONDS: u64 = 60;
/// How far the clocks of gateway and upstream may be apart.
const LEEWAY_SECONDS: u64 = 5;

/// Who stands behind a gated request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The fan.
    pub user: UserId,
    /// The queue that the fan was admitted by.
    pub queue: QueueName,
    /// The fan's place in it.
    pub ticket: Ticket,
}

/// How the fan's session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// The session runs.
    Active(Holder),
    /// The session is over; what is the fan's own may still be seen and paid.
    Over(Holder),
    /// A route that anyone may call; nobody is known.
    Open,
}

/// What a pass says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pass {
    /// Who, and how the session stands.
    pub admission: Admission,
    /// The request's id, the same in every log from end to end.
    pub request_id: String,
}

impl Pass {
    /// Who stands behind the request; nobody on an open route.
    #[must_use]
    pub const fn holder(&self) -> Option<&Holder> {
        match &self.admission {
            Admission::Active(holder) | Admission::Over(holder) => Some(holder),
            Admission::Open => None,
        }
    }
}

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum State {
    Active,
    Over,
    Open,
}

#[derive(Serialize, Deserialize)]
struct Claims<'a> {
    iss: Cow<'a, str>,
    aud: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<QueueName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<Ticket>,
    st: State,
    rid: Cow<'a, str>,
    iat: u64,
    exp: u64,
}

/// Signs and verifies passes for one audience.
#[derive(Clone, Debug)]
pub struct PassSigner {
    keys: SharedKeyring,
    audience: Arc<str>,
    validation: Arc<Validation>,
}

impl PassSigner {
    /// A signer for the upstream that calls itself `audience`.
    #[must_use]
    pub fn new(keys: SharedKeyring, audience: &str) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_SECONDS;
        validation.set_audience(&[audience]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        Self {
            keys,
            audience: audience.into(),
            validation: Arc::new(validation),
        }
    }

    /// Signs a pass that is good for [`LIFETIME_SECONDS`].
    #[must_use]
    pub fn sign(&self, pass: &Pass) -> String {
        self.sign_for(pass, LIFETIME_SECONDS)
    }

    /// Signs a pass of another lifetime, for work on an upstream alone.
    #[must_use]
    pub fn sign_for(&self, pass: &Pass, lifetime_seconds: u64) -> String {
        let now = clock::unix_seconds();
        let holder = pass.holder();
        self.keys.load().sign(&Claims {
            iss: ISSUER.into(),
            aud: (&*self.audience).into(),
            sub: holder.map(|holder| holder.user.to_string()),
            q: holder.map(|holder| holder.queue.clone()),
            t: holder.map(|holder| holder.ticket),
            st: match pass.admission {
                Admission::Active(_) => State::Active,
                Admission::Over(_) => State::Over,
                Admission::Open => State::Open,
            },
            rid: (&pass.request_id).into(),
            iat: now,
            exp: now + lifetime_seconds,
        })
    }

    /// What a pass says, when one of our keys signed it, for this audience, and it is fresh.
    ///
    /// # Errors
    /// [`BadToken`] otherwise, and when an `active` or `over` pass names nobody.
    pub fn verify(&self, token: &str) -> Result<Pass, BadToken> {
        let mut claims: Claims<'_> = self.keys.load().verify(token, &self.validation)?;
        let request_id = std::mem::take(&mut claims.rid).into_owned();
        let admission = match claims.st {
            State::Active => Admission::Active(claims.holder()?),
            State::Over => Admission::Over(claims.holder()?),
            State::Open => Admission::Open,
        };
        Ok(Pass {
            admission,
            request_id,
        })
    }
}

impl Claims<'_> {
    fn holder(self) -> Result<Holder, BadToken> {
        let user = self.sub.and_then(|sub| sub.parse().ok()).ok_or(BadToken)?;
        let (queue, ticket) = self.q.zip(self.t).ok_or(BadToken)?;
        Ok(Holder {
            user,
            queue,
            ticket,
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::keyring::Keyring;

    fn keys() -> SharedKeyring {
        let ring = Keyring::parse(&format!("p:{}", URL_SAFE_NO_PAD.encode([9; 32])));
        SharedKeyring::new(ring.expect("a good ring"))
    }

    fn pass() -> Pass {
        let holder = Holder {
            user: UserId::new(123).expect("an id"),
            queue: "main".parse().expect("a name"),
            ticket: Ticket(7),
        };
        Pass {
            admission: Admission::Active(holder),
            request_id: "r1".to_owned(),
        }
    }

    #[test]
    fn what_was_signed_is_what_is_read() {
        let signer = PassSigner::new(keys(), "booking");
        assert_eq!(signer.verify(&signer.sign(&pass())), Ok(pass()));
        let open = Pass {
            admission: Admission::Open,
            request_id: "r2".to_owned(),
        };
        assert_eq!(signer.verify(&signer.sign(&open)), Ok(open));
    }

    #[test]
    fn a_pass_for_another_upstream_is_refused() {
        let signed = PassSigner::new(keys(), "another").sign(&pass());
        assert!(PassSigner::new(keys(), "booking").verify(&signed).is_err());
    }

    #[test]
    fn a_queue_token_is_not_a_pass() {
        let token = crate::token::QueueToken {
            user: UserId::new(123).expect("an id"),
            queue: "main".parse().expect("a name"),
            ticket: Ticket(7),
            epoch: crate::ids::Epoch(1),
        };
        let signed = crate::token::TokenSigner::new(keys(), 60).sign(&token);
        assert!(PassSigner::new(keys(), "booking").verify(&signed).is_err());
    }
}
