//! Finds the queue token in a request: `X-Queue-Token`, `Authorization: Bearer`, then the cookie.

use http::HeaderMap;
use shared::token::{HEADER, QueueToken, bearer, cookies, is_meant_as_queue_token, is_our_cookie};

use crate::line::Line;
use crate::refusal::Refusal;

/// How a token travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// `X-Queue-Token`.
    Header,
    /// `Authorization: Bearer`.
    Bearer,
    /// The cookie `stagedoor_token`, which a browser sends by itself.
    Cookie,
}

/// A good queue token and how it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential<'a> {
    /// What it says.
    pub token: QueueToken,
    /// Its text, to be handed back when nothing has changed.
    pub text: &'a str,
    /// How it travelled.
    pub carrier: Carrier,
}

/// The first text that is meant as a queue token. A shop's own Bearer token is passed over, and so
/// is anything else that has not our claims as long as a later carrier has.
///
/// # Errors
/// [`Refusal::TokenMissing`], or [`Refusal::TokenInvalid`] when it is not good.
pub fn find_credential<'a>(headers: &'a HeaderMap, line: &Line) -> Result<Credential<'a>, Refusal> {
    let mut refusal = Refusal::TokenMissing;
    for (carrier, text) in texts_of(headers) {
        if let Ok(token) = line.read_token(text) {
            return Ok(Credential {
                token,
                text,
                carrier,
            });
        }
        if is_meant_as_queue_token(text) {
            return Err(Refusal::TokenInvalid);
        }
        if carrier != Carrier::Bearer {
            // It is ours by name.
            refusal = Refusal::TokenInvalid;
        }
    }
    Err(refusal)
}

fn texts_of(headers: &HeaderMap) -> impl Iterator<Item = (Carrier, &str)> {
    let carriers = [Carrier::Header, Carrier::Bearer, Carrier::Cookie];
    carriers.into_iter().filter_map(|carrier| {
        let text = match carrier {
            Carrier::Header => headers.get(HEADER)?.to_str().ok().map(str::trim),
            Carrier::Bearer => bearer(headers),
            Carrier::Cookie => cookie(headers),
        };
        Some((carrier, text?))
    })
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let ours = cookies(headers).find(|pair| is_our_cookie(pair))?;
    let (_, value) = std::str::from_utf8(ours).ok()?.split_once('=')?;
    Some(value.trim())
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    #[test]
    fn carriers_are_read_in_the_order_of_the_contract() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            "a=b; stagedoor_token=c1; d=e".parse().expect("a value"),
        );
        headers.insert(header::AUTHORIZATION, "bearer b1".parse().expect("a value"));
        headers.insert(HEADER, "h1".parse().expect("a value"));
        let found: Vec<_> = texts_of(&headers).collect();
        assert_eq!(
            found,
            [
                (Carrier::Header, "h1"),
                (Carrier::Bearer, "b1"),
                (Carrier::Cookie, "c1")
            ]
        );
    }
}
