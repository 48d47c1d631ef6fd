//! Signing keys that rotate without logging anyone out: the first key signs, every key verifies.
//!
//! Written `kid:base64url,kid:base64url,...`; each secret has at least 256 bits. HS256 is fixed per
//! key, so a token cannot choose its own algorithm.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// 256 bits, the size of the HS256 digest: a shorter key would be the weakest part.
const MIN_KEY_BYTES: usize = 32;

const ALGORITHM: Algorithm = Algorithm::HS256;

const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why a list of keys cannot be used. Never holds the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is no key in the list.
    #[error("needs at least one key, written kid:base64url")]
    Empty,
    /// An entry is not `kid:base64url`.
    #[error("key {0} is not written kid:base64url")]
    Malformed(usize),
    /// A secret has fewer than 256 bits.
    #[error("key {0:?} has {1} bits, at least 256 are needed")]
    TooShort(String, usize),
    /// Two entries have the same key id.
    #[error("key id {0:?} is there twice")]
    Duplicate(String),
}

/// A token that is not ours, not good any more, or not a token at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not good")]
pub struct BadToken;

struct Key {
    kid: String,
    secret: Vec<u8>,
    /// The header of what it signs, as it stands in a token.
    head: String,
    /// Ready to sign with: the library makes it anew for each signature.
    mac: hmac::Key,
    decoding: DecodingKey,
}

/// One or more named keys; the first signs, all verify.
pub struct Keyring {
    keys: Vec<Key>,
}

impl Keyring {
    /// Reads `kid:base64url,...`.
    ///
    /// # Errors
    /// [`KeyringError`] names the entry that cannot be used.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut keys: Vec<Key> = Vec::new();
        for (index, entry) in text.split(',').map(str::trim).enumerate() {
            if entry.is_empty() {
                continue;
            }
            let key = Key::parse(entry, index + 1)?;
            if keys.iter().any(|known| known.kid == key.kid) {
                return Err(KeyringError::Duplicate(key.kid));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            Err(KeyringError::Empty)
        } else {
            Ok(Self { keys })
        }
    }

    /// Signs the claims with the first key. All that does not change is written only once.
    ///
    /// # Panics
    /// Never: claims are plain structs.
    pub fn sign(&self, claims: &impl Serialize) -> String {
        let key = &self.keys[0];
        let claims = serde_json::to_vec(claims).expect("plain claims serialise");
        let mut token = String::with_capacity(key.head.len() + claims.len() * 4 / 3 + 64);
        token.push_str(&key.head);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = hmac::sign(&key.mac, token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    /// The claims of a token that one of the keys signed and that `validation` accepts.
    ///
    /// # Errors
    /// [`BadToken`], without saying why: the difference would only help a forger.
    pub fn verify<C: DeserializeOwned>(
        &self,
        token: &str,
        validation: &Validation,
    ) -> Result<C, BadToken> {
        let key = self.key_of(token).ok_or(BadToken)?;
        jsonwebtoken::decode(token, &key.decoding, validation)
            .map(|data| data.claims)
            .map_err(|_| BadToken)
    }

    /// The key that a token names. A header that we have written ourselves is known by its text.
    fn key_of(&self, token: &str) -> Option<&Key> {
        let (head, _) = token.split_once('.')?;
        let mut keys = self.keys.iter();
        if let Some(key) = keys.find(|key| key.head == head) {
            return Some(key);
        }
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// HMAC-SHA256 of a message under each key, the signing key's first: for what is checked
    /// against the books and is too short for a JWT.
    ///
    /// # Panics
    /// Never: SHA-256 has 32 bytes.
    pub fn macs(&self, message: &[u8]) -> impl Iterator<Item = [u8; 32]> {
        self.keys.iter().map(|key| {
            let mac = hmac::sign(&key.mac, message);
            mac.as_ref().try_into().expect("SHA-256 has 32 bytes")
        })
    }

    /// Whether a secret of one ring is also in the other: an upstream that may verify passes must
    /// not be able to mint queue tokens.
    #[must_use]
    pub fn shares_a_secret_with(&self, other: &Self) -> bool {
        self.keys
            .iter()
            .any(|key| other.keys.iter().any(|known| known.secret == key.secret))
    }
}

impl Key {
    fn parse(entry: &str, place: usize) -> Result<Self, KeyringError> {
        let (kid, secret) = entry
            .split_once(':')
            .ok_or(KeyringError::Malformed(place))?;
        let secret = BASE64URL
            .decode(secret)
            .map_err(|_| KeyringError::Malformed(place))?;
        if kid.is_empty() {
            return Err(KeyringError::Malformed(place));
        }
        if secret.len() < MIN_KEY_BYTES {
            return Err(KeyringError::TooShort(kid.to_owned(), secret.len() * 8));
        }
        let mut header = Header::new(ALGORITHM);
        header.kid = Some(kid.to_owned());
        let header = serde_json::to_vec(&header).expect("a header is plain text");
        Ok(Self {
            kid: kid.to_owned(),
            mac: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            decoding: DecodingKey::from_secret(&secret),
            secret,
            head: URL_SAFE_NO_PAD.encode(header),
        })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|key| &key.kid))
            .finish()
    }
}

/// A keyring that SIGHUP can replace while requests are running.
#[derive(Clone, Debug)]
pub struct SharedKeyring(Arc<ArcSwap<Keyring>>);

impl SharedKeyring {
    /// Shares this ring.
    #[must_use]
    pub fn new(ring: Keyring) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(ring)))
    }

    /// The ring in force now.
    #[must_use]
    pub fn load(&self) -> arc_swap::Guard<Arc<Keyring>> {
        self.0.load()
    }

    /// Puts another ring in force, for every clone of this one.
    pub fn replace(&self, ring: Keyring) {
        self.0.store(Arc::new(ring));
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::EncodingKey;

    use super::*;

    fn secret(byte: u8) -> String {
        BASE64URL.encode([byte; 32])
    }

    fn validation() -> Validation {
        Validation::new(Algorithm::HS256)
    }

    #[test]
    fn a_rotated_key_still_verifies_and_a_retired_one_does_not() {
        let claims = serde_json::json!({ "exp": crate::clock::unix_seconds() + 60 });
        let old = Keyring::parse(&format!("a:{}", secret(1))).expect("a good ring");
        let both = Keyring::parse(&format!("b:{},a:{}", secret(2), secret(1))).expect("good");
        let new = Keyring::parse(&format!("b:{}", secret(2))).expect("a good ring");
        let token = old.sign(&claims);
        assert!(
            both.verify::<serde_json::Value>(&token, &validation())
                .is_ok()
        );
        assert!(
            new.verify::<serde_json::Value>(&token, &validation())
                .is_err()
        );
    }

    #[test]
    fn what_is_signed_is_what_the_library_would_have_written() {
        let claims = serde_json::json!({ "sub": "1", "exp": 99_999_999_999_u64 });
        let ring = Keyring::parse(&format!("a:{}", secret(1))).expect("a good ring");
        let mut header = Header::new(ALGORITHM);
        header.kid = Some("a".to_owned());
        let key = EncodingKey::from_secret(&[1; 32]);
        let expected = jsonwebtoken::encode(&header, &claims, &key);
        assert_eq!(Ok(ring.sign(&claims)), expected);
    }

    #[test]
    fn a_ring_that_cannot_be_used_is_named() {
        assert_eq!(Keyring::parse("").err(), Some(KeyringError::Empty));
        assert_eq!(
            Keyring::parse("abc").err(),
            Some(KeyringError::Malformed(1))
        );
        let short = format!("a:{}", BASE64URL.encode([1; 31]));
        assert_eq!(
            Keyring::parse(&short).err(),
            Some(KeyringError::TooShort("a".into(), 248))
        );
        let twice = format!("a:{},a:{}", secret(1), secret(2));
        assert_eq!(
            Keyring::parse(&twice).err(),
            Some(KeyringError::Duplicate("a".into()))
        );
    }

    #[test]
    fn a_message_has_the_known_mac_under_each_key_and_the_first_is_the_signing_one() {
        let ring = Keyring::parse(&format!("b:{},a:{}", secret(2), secret(11))).expect("good");
        let macs: Vec<[u8; 32]> = ring.macs(b"Hi There").collect();
        let old = Keyring::parse(&format!("a:{}", secret(11))).expect("a good ring");
        assert_eq!(old.macs(b"Hi There").next(), Some(macs[1]));
        // HMAC-SHA256 of "Hi There" under 32 bytes of 11, as `openssl dgst -mac HMAC` has it.
        let known = [0x19, 0x8a, 0x60, 0x7e];
        assert_eq!(macs[1][..4], known);
        assert_ne!(macs[0], macs[1]);
    }

    #[test]
    fn debug_shows_key_ids_and_no_secret() {
        let ring = Keyring::parse(&format!("a:{}", secret(7))).expect("a good ring");
        assert_eq!(format!("{ring:?}"), r#"["a"]"#);
    }
}
