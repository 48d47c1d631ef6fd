//! The keys that ID tokens are verified with, each with the one algorithm that it is for.

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey};

/// 256 bits, the size of the HS256 digest: a shorter secret would be the weakest part.
pub(super) const MIN_SECRET_BYTES: usize = 32;
/// More keys than any shop has at once.
const MAX_KEYS: usize = 64;

/// One key.
pub(super) struct IdKey {
    kid: Option<String>,
    /// What it signs with; a token that says otherwise is not good.
    pub(super) algorithm: Algorithm,
    /// What verifies.
    pub(super) decoding: DecodingKey,
}

impl fmt::Debug for IdKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.kid, self.algorithm)
    }
}

/// All keys that are good now.
#[derive(Debug, Clone, Default)]
pub(super) struct KeySet(Vec<Arc<IdKey>>);

impl KeySet {
    /// The one key of a shared secret.
    pub(super) fn of_secret(secret: &str) -> Self {
        Self(vec![Arc::new(IdKey {
            kid: None,
            algorithm: Algorithm::HS256,
            decoding: DecodingKey::from_secret(secret.as_bytes()),
        })])
    }

    /// The keys of a JWKS (RFC 7517). One that we cannot use is passed over: a shop may have keys
    /// for other purposes. A symmetric one is never used: whoever reads the set could sign.
    ///
    /// # Errors
    /// When it is no JWKS, or there is no key in it for us.
    pub(super) fn of_jwks(json: &[u8]) -> Result<Self, String> {
        let set: JwkSet =
            serde_json::from_slice(json).map_err(|error| format!("is no JWKS: {error}"))?;
        let keys = set.keys.iter().take(MAX_KEYS).filter_map(key);
        let keys: Vec<_> = keys.map(Arc::new).collect();
        if keys.is_empty() {
            return Err("has no key that ID tokens could be signed with".to_owned());
        }
        Ok(Self(keys))
    }

    /// The key of this id. Without one it is the only key there is, if it is the only one.
    pub(super) fn find(&self, kid: Option<&str>) -> Option<Arc<IdKey>> {
        match (kid, self.0.as_slice()) {
            (_, [only]) if only.kid.is_none() || kid.is_none() => Some(Arc::clone(only)),
            (Some(kid), keys) => keys
                .iter()
                .find(|key| key.kid.as_deref() == Some(kid))
                .cloned(),
            _ => None,
        }
    }
}

fn key(jwk: &Jwk) -> Option<IdKey> {
    Some(IdKey {
        kid: jwk.common.key_id.clone(),
        algorithm: algorithm(jwk)?,
        decoding: DecodingKey::from_jwk(jwk).ok()?,
    })
}

/// What the key is for: its `alg`, else what is usual for its kind.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    use KeyAlgorithm as K;
    let usual = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => Algorithm::ES256,
            EllipticCurve::P384 => Algorithm::ES384,
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(_) => Algorithm::EdDSA,
        _ => return None,
    };
    let is_rsa = usual == Algorithm::RS256;
    match jwk.common.key_algorithm {
        None => Some(usual),
        Some(K::RS256) if is_rsa => Some(Algorithm::RS256),
        Some(K::RS384) if is_rsa => Some(Algorithm::RS384),
        Some(K::RS512) if is_rsa => Some(Algorithm::RS512),
        Some(K::PS256) if is_rsa => Some(Algorithm::PS256),
        Some(K::PS384) if is_rsa => Some(Algorithm::PS384),
        Some(K::PS512) if is_rsa => Some(Algorithm::PS512),
        Some(K::ES256) if usual == Algorithm::ES256 => Some(usual),
        Some(K::ES384) if usual == Algorithm::ES384 => Some(usual),
        Some(K::EdDSA) if usual == Algorithm::EdDSA => Some(usual),
        // For encryption, or not for a key of this kind.
        Some(_) => None,
    }
}
