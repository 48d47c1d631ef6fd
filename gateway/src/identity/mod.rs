//! Who a fan is: believed under `IDENTITY=trusted`, because something in front has logged the fan
//! in; proven by the shop's own ID token under `IDENTITY=jwt`.

mod keys;
mod source;

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use jsonwebtoken::{Validation, decode, decode_header};
use serde_json::{Map, Value};
use shared::ids::UserId;
use shared::settings::{Environment, SettingError};
use shared::token::bearer;

use self::keys::{IdKey, MIN_SECRET_BYTES};
use self::source::Source;
use crate::refusal::Refusal;

/// How far the shop's clock may be from ours.
const LEEWAY_SECONDS: u64 = 30;
const CHOICES: &str = "trusted, when something in front of the gateway has logged the fan in, or \
    jwt, when calls carry the shop's own ID token";

/// How the gateway knows who asks.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The number in path or body is believed.
    Trusted,
    /// The number has to be the ID token's.
    Jwt(Arc<IdTokens>),
}

impl Identity {
    /// `IDENTITY`, and under `jwt` the `IDENTITY_*` that say whose tokens are good.
    ///
    /// # Errors
    /// [`SettingError`] names the variable that is missing or wrong; no secret is shown.
    pub fn from_env(env: &Environment) -> Result<Self, SettingError> {
        match env.required("IDENTITY", CHOICES)? {
            "trusted" => Ok(Self::Trusted),
            "jwt" => Ok(Self::Jwt(Arc::new(IdTokens::from_env(env)?))),
            other => {
                let reason = format!("{other:?} is not a choice; set it to {CHOICES}");
                Err(SettingError::new("IDENTITY", reason))
            }
        }
    }

    /// Whether the request proves to come from this user: its `Authorization: Bearer` is an ID
    /// token of that number. Under `trusted` everything does.
    ///
    /// # Errors
    /// [`Refusal::IdentityMissing`], [`Refusal::IdentityInvalid`], [`Refusal::WrongUser`], and
    /// [`Refusal::IdentityUnavailable`] while the shop's keys are not to be had.
    pub async fn prove(&self, user: UserId, headers: &HeaderMap) -> Result<(), Refusal> {
        let Self::Jwt(tokens) = self else {
            return Ok(());
        };
        let text = bearer(headers).ok_or(Refusal::IdentityMissing)?;
        if tokens.read(text).await? == user {
            Ok(())
        } else {
            Err(Refusal::WrongUser)
        }
    }
}

/// Reads the shop's ID tokens.
pub struct IdTokens {
    source: Source,
    claim: String,
    audience: Option<String>,
    issuer: Option<String>,
}

impl fmt::Debug for IdTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdTokens")
            .field("source", &self.source)
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

impl IdTokens {
    fn from_env(env: &Environment) -> Result<Self, SettingError> {
        Ok(Self {
            source: source(env)?,
            claim: env.text("IDENTITY_CLAIM").unwrap_or("sub").to_owned(),
            audience: env.text("IDENTITY_AUDIENCE").map(str::to_owned),
            issuer: env.text("IDENTITY_ISSUER").map(str::to_owned),
        })
    }

    /// Whose token it is. Why it is not good is not told: that would only help a forger.
    async fn read(&self, text: &str) -> Result<UserId, Refusal> {
        let header = decode_header(text).map_err(|_| Refusal::IdentityInvalid)?;
        let key = self.source.key(header.kid.as_deref()).await?;
        let key = key.ok_or(Refusal::IdentityInvalid)?;
        let claims = decode::<Map<String, Value>>(text, &key.decoding, &self.rules(&key));
        let claims = claims.map_err(|_| Refusal::IdentityInvalid)?.claims;
        let number = claims.get(&self.claim).and_then(number);
        number.ok_or(Refusal::IdentityInvalid)
    }

    /// The algorithm is the key's: a token does not choose.
    fn rules(&self, key: &IdKey) -> Validation {
        let mut rules = Validation::new(key.algorithm);
        rules.leeway = LEEWAY_SECONDS;
        rules.validate_nbf = true;
        let mut required = vec!["exp"];
        if let Some(audience) = &self.audience {
            rules.set_audience(&[audience]);
            required.push("aud");
        } else {
            rules.validate_aud = false;
        }
        if let Some(issuer) = &self.issuer {
            rules.set_issuer(&[issuer]);
            required.push("iss");
        }
        rules.set_required_spec_claims(&required);
        rules
    }
}

/// A number as JSON has it, or as the text that `sub` has to be.
fn number(claim: &Value) -> Option<UserId> {
    match claim {
        Value::Number(number) => UserId::new(number.as_u64()?).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn source(env: &Environment) -> Result<Source, SettingError> {
    let is_set = |name: &str| env.text(name).is_some();
    let has_secret = is_set("IDENTITY_SECRET") || is_set("IDENTITY_SECRET_FILE");
    match env.text("IDENTITY_JWKS") {
        Some(_) if has_secret => {
            let reason = "is set beside IDENTITY_SECRET; one of them has to go";
            Err(SettingError::new("IDENTITY_JWKS", reason))
        }
        Some(place) => Source::jwks(place),
        None if has_secret => {
            let secret = env.secret("IDENTITY_SECRET", "the secret that signs ID tokens")?;
            if secret.len() < MIN_SECRET_BYTES {
                let reason = format!("has fewer than {MIN_SECRET_BYTES} bytes");
                return Err(SettingError::new("IDENTITY_SECRET", reason));
            }
            Ok(Source::secret(&secret))
        }
        None => {
            let reason = "is not set; set it to a file or http:// address with the shop's keys, \
                or set IDENTITY_SECRET";
            Err(SettingError::new("IDENTITY_JWKS", reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(settings: &[(&str, &str)]) -> String {
        let mut env = Environment::default();
        for (name, value) in settings {
            env = env.with(name, *value);
        }
        let error = Identity::from_env(&env).expect_err("a wrong setting was accepted");
        error.to_string()
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_without_its_secret() {
        let jwt = ("IDENTITY", "jwt");
        assert!(refused(&[]).starts_with("IDENTITY: is not set"));
        assert!(refused(&[("IDENTITY", "x")]).starts_with("IDENTITY: \"x\" is not a choice"));
        assert!(refused(&[jwt]).starts_with("IDENTITY_JWKS: is not set"));
        let short = refused(&[jwt, ("IDENTITY_SECRET", "hunter2")]);
        assert!(short.starts_with("IDENTITY_SECRET: has fewer than 32 bytes"));
        assert!(!short.contains("hunter2"));
        let both = [jwt, ("IDENTITY_SECRET", "x"), ("IDENTITY_JWKS", "y")];
        assert!(refused(&both).starts_with("IDENTITY_JWKS: is set beside"));
        let https = refused(&[jwt, ("IDENTITY_JWKS", "https://shop/keys")]);
        assert!(https.starts_with("IDENTITY_JWKS: "), "{https}");
        let missing = refused(&[jwt, ("IDENTITY_JWKS", "/nowhere/keys.json")]);
        assert!(missing.starts_with("IDENTITY_JWKS: "), "{missing}");
    }

    #[test]
    fn a_claim_is_a_number_or_its_digits() {
        use serde_json::json;
        let read = |claim: Value| number(&claim).map(UserId::get);
        assert_eq!(read(json!(123)), Some(123));
        assert_eq!(read(json!("123")), Some(123));
        for wrong in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!("0123"),
            json!("a"),
            json!(null),
        ] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
    }
}
