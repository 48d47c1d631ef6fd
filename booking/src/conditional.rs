//! Answers that are told once: who knows them is told so, and who can unpack them gets them packed.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::poster::Poster;

/// Whether the client says that it has the content of this tag. Compared weakly, as RFC 9110 asks
/// of `If-None-Match`.
pub fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(ours) = tag.to_str().map(opaque) else {
        return false;
    };
    let named = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut named = named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    named.any(|theirs| theirs.trim() == "*" || opaque(theirs) == ours)
}

/// 304: what the client has is right.
pub fn not_modified(tag: &HeaderValue) -> Response {
    (StatusCode::NOT_MODIFIED, [(header::ETAG, tag.clone())]).into_response()
}

/// A poster in the best coding that the client takes, or the word that it has it.
pub fn poster(headers: &HeaderMap, poster: &Poster) -> Response {
    let mut response = if is_known(headers, &poster.tag) {
        not_modified(&poster.tag)
    } else {
        let json = HeaderValue::from_static("application/json");
        let (coding, bytes) = coded(headers, poster);
        let mut response = bytes.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        let coding = coding.map(|name| (header::CONTENT_ENCODING, HeaderValue::from_static(name)));
        response.headers_mut().extend(coding);
        response
            .headers_mut()
            .insert(header::ETAG, poster.tag.clone());
        response
    };
    let vary = HeaderValue::from_static("accept-encoding");
    response.headers_mut().insert(header::VARY, vary);
    response
}

fn coded(headers: &HeaderMap, poster: &Poster) -> (Option<&'static str>, Bytes) {
    if takes(headers, "br") {
        (Some("br"), poster.brotli.clone())
    } else if takes(headers, "gzip") {
        (Some("gzip"), poster.gzip.clone())
    } else {
        (None, poster.plain.clone())
    }
}

/// Whether `Accept-Encoding` names this coding, or any, and not with a weight of 0.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).iter();
    let named = named.filter_map(|value| value.to_str().ok());
    let mut any = false;
    for (name, weight) in named.flat_map(|value| value.split(',')).map(weighed) {
        if name.eq_ignore_ascii_case(coding) {
            return weight > 0.0;
        }
        any |= name == "*" && weight > 0.0;
    }
    any
}

/// `gzip;q=0.5` as its name and its weight; without one that is 1, and an unreadable one is 0.
fn weighed(text: &str) -> (&str, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    (
        name,
        weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)),
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_tag_is_known_in_a_list_weak_or_strong_or_as_any() {
        let tag = HeaderValue::from_static("W/\"ab\"");
        let known = |value| is_known(&with(header::IF_NONE_MATCH, value), &tag);
        for value in ["W/\"ab\"", "\"ab\"", "\"x\", W/\"ab\"", "*"] {
            assert!(known(value), "{value}");
        }
        for value in ["", "ab", "\"a\"", "W/\"abc\"", "\"x\",\"y\""] {
            assert!(!known(value), "{value}");
        }
    }

    #[test]
    fn a_coding_is_taken_when_it_is_named_and_not_refused() {
        let takes = |value, coding| takes(&with(header::ACCEPT_ENCODING, value), coding);
        assert!(takes("gzip, deflate, br", "br"));
        assert!(takes("GZIP;q=0.1", "gzip"));
        assert!(takes("*", "br"));
        for (value, coding) in [
            ("", "gzip"),
            ("identity", "gzip"),
            ("gzip;q=0", "gzip"),
            ("*, br;q=0", "br"),
            ("*;q=0", "gzip"),
            ("gzip;q=x", "gzip"),
        ] {
            assert!(!takes(value, coding), "{value:?} {coding}");
        }
        assert!(!super::takes(&HeaderMap::new(), "gzip"));
    }
}
