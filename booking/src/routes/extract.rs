//! What every endpoint takes from a request before its body: who calls, a path's value, a key.

use std::fmt::Display;
use std::str::FromStr;

use axum::Json;
use axum::extract::{FromRequestParts, OriginalUri, Query, RawPathParams};
use http::request::Parts;
use http::{HeaderName, Method};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::ids::UserId;
use shared::pass::{Admission, Holder, Pass};

use super::Page;
use crate::actions::Call;
use crate::domain::key::{Fingerprint, IdempotencyKey, Keyed};
use crate::refusal::Refusal;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const DEFAULT_PAGE_ITEMS: u32 = 20;
const MAX_PAGE_ITEMS: u32 = 100;

/// A fan whose session runs or is over: for what is the fan's own.
#[derive(Debug, Clone)]
pub struct Fan {
    /// Who, and with which ticket.
    pub holder: Holder,
    /// Whether the session is over.
    pub session_over: bool,
}

impl Fan {
    /// The fan, when the number in path or body is the fan's own.
    ///
    /// # Errors
    /// [`Refusal::WrongUser`], before anything is looked up.
    pub fn must_be(&self, user: UserId) -> Result<UserId, Refusal> {
        if self.holder.user == user {
            Ok(user)
        } else {
            Err(Refusal::WrongUser)
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Fan {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let pass = parts
            .extensions
            .get::<Pass>()
            .ok_or(Refusal::PassRequired)?;
        let (holder, session_over) = match &pass.admission {
            Admission::Active(holder) => (holder.clone(), false),
            Admission::Over(holder) => (holder.clone(), true),
            Admission::Open => return Err(Refusal::PassRequired),
        };
        Ok(Self {
            holder,
            session_over,
        })
    }
}

/// A fan whose session runs.
#[derive(Debug, Clone)]
pub struct FanInside(pub Fan);

impl<S: Send + Sync> FromRequestParts<S> for FanInside {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let fan = Fan::from_request_parts(parts, state).await?;
        if fan.session_over {
            return Err(Refusal::SessionExpired);
        }
        Ok(Self(fan))
    }
}

/// The one value in a path, read strictly.
#[derive(Debug, Clone, Copy)]
pub struct Segment<T>(pub T);

impl<T, S> FromRequestParts<S> for Segment<T>
where
    T: FromStr<Err: Display> + Send,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let unreadable = |_| Refusal::invalid("path", "must be UTF-8, percent-encoded");
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(unreadable)?;
        let (name, text) = params.iter().next().unwrap_or_default();
        parse(name, text).map(Self)
    }
}

/// The value of a field in path or query.
///
/// # Errors
/// [`Refusal::InvalidField`] with what it has to be.
pub fn parse<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Refusal> {
    text.parse()
        .map_err(|error: T::Err| Refusal::invalid(field, error.to_string()))
}

/// The query of a URL. Parameters that the call does not know are passed over, as caches and
/// trackers add their own; what it knows has to be right and there once.
#[derive(Debug, Clone, Copy)]
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, state).await;
        let Query(query) = query.map_err(|error| Refusal::invalid("query", error.body_text()))?;
        Ok(Self(query))
    }
}

/// Which part of a list: `?cursor=` where the part before it ended, `?limit=` how long.
#[derive(Debug, Clone, Copy)]
pub struct PageOf<C> {
    /// The last one before this part.
    pub cursor: Option<C>,
    limit: u32,
}

#[derive(Deserialize)]
struct PageQuery {
    cursor: Option<String>,
    limit: Option<String>,
}

impl<C> PageOf<C> {
    /// How many to look for: one more than is shown, which tells whether the list goes on.
    #[must_use]
    pub const fn to_fetch(&self) -> u32 {
        self.limit + 1
    }

    /// The page of what was found; `cursor` names the last one on it.
    pub fn of<T>(&self, found: Vec<T>, cursor: impl Fn(&T) -> String) -> Json<Page<T>> {
        Json(Page::of(found, self.limit as usize, cursor))
    }
}

impl<C, S> FromRequestParts<S> for PageOf<C>
where
    C: FromStr<Err: Display>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let QueryOf(query) = QueryOf::<PageQuery>::from_request_parts(parts, state).await?;
        let cursor = query
            .cursor
            .map(|text| parse("cursor", &text))
            .transpose()?;
        let limit = query
            .limit
            .map_or(Ok(DEFAULT_PAGE_ITEMS), |text| parse("limit", &text))?;
        if !(1..=MAX_PAGE_ITEMS).contains(&limit) {
            let must = format!("must be 1 to {MAX_PAGE_ITEMS}");
            return Err(Refusal::invalid("limit", must));
        }
        Ok(Self { cursor, limit })
    }
}

/// What a mutating request is known by when it is repeated.
#[derive(Debug, Clone)]
pub struct Repeatable {
    key: Option<IdempotencyKey>,
    method: Method,
    path: String,
}

impl Repeatable {
    /// The call of this user with this body.
    #[must_use]
    pub fn call(self, user: UserId, body: &impl Serialize) -> Call {
        let fingerprint = || Fingerprint::of(self.method.as_str(), &self.path, body);
        let keyed = self.key.map(|key| Keyed {
            key,
            fingerprint: fingerprint(),
        });
        Call { user, keyed }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Repeatable {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let uri = match OriginalUri::from_request_parts(parts, state).await {
            Ok(OriginalUri(uri)) => uri,
            Err(never) => match never {},
        };
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let key = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => {
                let text = value.to_str().map_err(|_| Refusal::InvalidIdempotencyKey)?;
                Some(text.parse()?)
            }
            (Some(_), Some(_)) => return Err(Refusal::InvalidIdempotencyKey),
        };
        Ok(Self {
            key,
            method: parts.method.clone(),
            path: uri.path().to_owned(),
        })
    }
}
