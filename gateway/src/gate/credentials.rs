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
pub struct Credential {
    /// What it says.
    pub token: QueueToken,
    /// Its text, to be handed back when nothing has changed.
    pub text: String,
    /// How it travelled.
    pub carrier: Carrier,
}

/// The first text that is meant as a queue token. A shop's own Bearer token is passed over, and so
/// is anything else that has not our claims as long as a later carrier has.
///
/// # Errors
/// [`Refusal::TokenMissing`], or [`Refusal::TokenInvalid`] when it is not good.
pub fn find_credential(headers: &HeaderMap, line: &Line) -> Result<Credential, Refusal> {
    let texts = texts_of(headers);
    let meant = texts.iter().find(|(_, text)| is_meant_as_queue_token(text));
    let Some((carrier, text)) = meant else {
        let is_ours_by_name = texts.iter().any(|(carrier, _)| *carrier != Carrier::Bearer);
        return Err(if is_ours_by_name {
            Refusal::TokenInvalid
        } else {
            Refusal::TokenMissing
        });
    };
    let token = line.read_token(text)?;
    Ok(Credential {
        token,
        text: (*text).to_owned(),
        carrier: *carrier,
    })
}

fn texts_of(headers: &HeaderMap) -> Vec<(Carrier, &str)> {
    let header = headers.get(HEADER).and_then(|value| value.to_str().ok());
    let found = [
        (Carrier::Header, header.map(str::trim)),
        (Carrier::Bearer, bearer(headers)),
        (Carrier::Cookie, cookie(headers)),
    ];
    found
        .into_iter()
        .filter_map(|(carrier, text)| Some((carrier, text?)))
        .collect()
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
        let found = texts_of(&headers);
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
