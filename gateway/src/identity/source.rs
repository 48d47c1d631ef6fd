//! Where the shop's keys come from: a secret, a file, or an address that is asked now and then.
//!
//! A set is used for some minutes and then asked for again, beside the requests. A key id that is
//! not in it may be new, so the set is asked for at once, but not more often than every few
//! seconds, whatever strangers send. While the shop does not answer, the old set is good for an
//! hour.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use shared::settings::SettingError;
use tokio::sync::{Mutex, RwLock};

use super::keys::{IdKey, KeySet};
use crate::refusal::Refusal;

/// How long a set is used before it is asked for again.
const REFRESH_AFTER: Duration = Duration::from_mins(5);
/// How soon it may be asked for again, because of an unknown key or a failure.
const ASK_AT_MOST_EVERY: Duration = Duration::from_secs(5);
/// How long a set is good while the shop does not answer.
const GOOD_FOR: Duration = Duration::from_hours(1);
/// How long the shop may take to answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(3);
/// No set of public keys is larger.
const MAX_SET_BYTES: usize = 256 * 1024;

/// Where the keys are.
#[derive(Debug)]
enum Place {
    /// They were given, and never change.
    Here,
    /// In a file, which may be replaced.
    File(PathBuf),
    /// At an address.
    Url(Uri),
}

/// A set, and when it was read.
#[derive(Debug, Clone)]
struct Read {
    keys: KeySet,
    at: Instant,
}

/// The keys, as they were last read.
pub(super) struct Source {
    place: Place,
    known: Arc<RwLock<Option<Read>>>,
    /// When they were last asked for; held while they are.
    asked: Mutex<Option<Instant>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.place, f)
    }
}

impl Source {
    /// The one key of a shared secret.
    pub(super) fn secret(secret: &str) -> Self {
        Self::with(Place::Here, Some(KeySet::of_secret(secret)))
    }

    /// A JWKS: a file, which has to be there, or an `http://` address, which may come later.
    ///
    /// # Errors
    /// [`SettingError`] when it is another kind of address, or a file that cannot be used.
    pub(super) fn jwks(place: &str) -> Result<Self, SettingError> {
        let wrong = |reason: String| SettingError::new("IDENTITY_JWKS", reason);
        if !place.contains("://") {
            let json =
                std::fs::read(place).map_err(|error| wrong(format!("{place:?}: {error}")))?;
            let keys =
                KeySet::of_jwks(&json).map_err(|error| wrong(format!("{place:?} {error}")))?;
            return Ok(Self::with(Place::File(place.into()), Some(keys)));
        }
        let uri: Uri = place
            .parse()
            .map_err(|_| wrong(format!("{place:?} is no address")))?;
        if uri.scheme_str() != Some("http") || uri.authority().is_none() {
            let reason = format!("{place:?} has to be a file or begin with http://");
            return Err(wrong(reason));
        }
        Ok(Self::with(Place::Url(uri), None))
    }

    fn with(place: Place, keys: Option<KeySet>) -> Self {
        let at = Instant::now();
        let known = keys.map(|keys| Read { keys, at });
        Self {
            place,
            known: Arc::new(RwLock::new(known)),
            asked: Mutex::new(None),
        }
    }

    /// The key of this id, asked for when it is not known.
    ///
    /// # Errors
    /// [`Refusal::IdentityUnavailable`] when no set is good now.
    pub(super) async fn key(&self, kid: Option<&str>) -> Result<Option<Arc<IdKey>>, Refusal> {
        let known = self.known.read().await.clone();
        let known = known.filter(|read| self.is_good(read));
        let found = known.as_ref().and_then(|read| read.keys.find(kid));
        let is_fresh = known.is_some_and(|read| read.at.elapsed() < REFRESH_AFTER);
        if matches!(self.place, Place::Here) || (found.is_some() && is_fresh) {
            return Ok(found);
        }
        self.ask(found.is_none()).await;
        let known = self.known.read().await.clone();
        let known = known.filter(|read| self.is_good(read));
        let known = known.ok_or(Refusal::IdentityUnavailable)?;
        Ok(known.keys.find(kid))
    }

    fn is_good(&self, read: &Read) -> bool {
        matches!(self.place, Place::Here) || read.at.elapsed() < GOOD_FOR
    }

    /// Reads the set anew, one at a time and not too often. Who `needs` it waits for whoever is
    /// asking already; others go on with what is known.
    async fn ask(&self, needs: bool) {
        let asked = if needs {
            Ok(self.asked.lock().await)
        } else {
            self.asked.try_lock()
        };
        let Ok(mut asked) = asked else {
            return;
        };
        if asked.is_some_and(|at| at.elapsed() < ASK_AT_MOST_EVERY) {
            return;
        }
        let read = tokio::time::timeout(FETCH_TIMEOUT, self.read()).await;
        let read = read.unwrap_or_else(|_| Err(format!("no answer within {FETCH_TIMEOUT:?}")));
        *asked = Some(Instant::now());
        match read.and_then(|json| KeySet::of_jwks(&json)) {
            Ok(keys) => {
                let at = Instant::now();
                *self.known.write().await = Some(Read { keys, at });
            }
            Err(error) => {
                tracing::warn!(place = ?self.place, error, "the shop's keys cannot be read");
            }
        }
    }

    async fn read(&self) -> Result<Bytes, String> {
        match &self.place {
            Place::Here => Ok(Bytes::new()),
            Place::File(path) => {
                let json = tokio::fs::read(path).await;
                json.map(Bytes::from).map_err(|error| error.to_string())
            }
            Place::Url(uri) => fetch(uri.clone()).await,
        }
    }
}

async fn fetch(uri: Uri) -> Result<Bytes, String> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = client.get(uri).await.map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("the answer is {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), MAX_SET_BYTES)
        .collect()
        .await;
    body.map(http_body_util::Collected::to_bytes)
        .map_err(|error| error.to_string())
}
