//! Which headers cross the gate. Hop-by-hop headers end here (RFC 9110 7.6.1), nobody outside can
//! send a header of ours, and the upstream sees who called from us alone.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use bytes::BytesMut;
use http::header::{self, HeaderName};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};
use shared::pass::{HEADER, HEADER_PREFIX};
use shared::request_id::RequestId;
use shared::token::{
    HEADER as TOKEN_HEADER, bearer, cookies, is_meant_as_queue_token, is_our_cookie,
};
use shared::trace::{PARENT_HEADER, trace_parent};

const FORWARDED_PREFIX: &str = "x-forwarded-";

/// What the client says its body will measure, in bytes.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// What the gateway says of a request to the upstream.
pub(super) struct Ours<'a> {
    pub(super) upstream: &'a Authority,
    pub(super) request_id: &'a RequestId,
    pub(super) pass: &'a str,
    /// Whether the request may change the protocol.
    pub(super) is_upgrade: bool,
}

/// Writes the lines that the upstream gets: the client's that may cross, and ours. How the body is
/// sent is not among them.
pub(super) fn write(request: &Parts, ours: &Ours<'_>, out: &mut BytesMut) {
    let headers = &request.headers;
    let named = named_by_connection(headers);
    let is_a_shops_login = !bearer(headers).is_some_and(is_meant_as_queue_token);
    for (name, value) in headers {
        let crosses = match *name {
            header::AUTHORIZATION => is_a_shops_login,
            header::COOKIE => false,
            _ => crosses(name.as_str()) && !named.contains(name),
        };
        if crosses {
            line(name.as_str(), value.as_bytes(), out);
        }
    }
    write_cookies(headers, out);
    let host = host(request, ours.upstream);
    if !headers.contains_key(header::HOST) {
        line("host", host, out);
    }
    line("x-forwarded-host", host, out);
    line("x-forwarded-proto", b"http", out);
    if let Some(peer) = request.extensions.get::<ConnectInfo<SocketAddr>>() {
        line("x-forwarded-for", peer.0.ip().to_string().as_bytes(), out);
    }
    let parent = trace_parent(ours.request_id);
    line(PARENT_HEADER.as_str(), parent.as_bytes(), out);
    line(HEADER, ours.pass.as_bytes(), out);
    if let Some(protocol) = headers.get(header::UPGRADE).filter(|_| ours.is_upgrade) {
        line("connection", b"upgrade", out);
        line("upgrade", protocol.as_bytes(), out);
    }
}

fn line(name: &str, value: &[u8], out: &mut BytesMut) {
    for bytes in [name.as_bytes(), b": ", value, b"\r\n"] {
        out.extend_from_slice(bytes);
    }
}

/// HTTP/2 names the host in the URI, HTTP/1.1 in a header, HTTP/1.0 perhaps nowhere.
fn host<'a>(request: &'a Parts, upstream: &'a Authority) -> &'a [u8] {
    let named = || request.uri.authority().unwrap_or(upstream).as_str();
    let told = request.headers.get(header::HOST);
    told.map_or_else(|| named().as_bytes(), HeaderValue::as_bytes)
}

/// Whether a client's header may cross, unless another one says that it must not.
fn crosses(name: &str) -> bool {
    let ends_here = is_hop_by_hop(name)
        || name.starts_with(HEADER_PREFIX)
        // These only a proxy may say.
        || name.starts_with(FORWARDED_PREFIX)
        || matches!(name, "forwarded" | "x-real-ip" | "traceparent" | "tracestate" | "x-request-id")
        // The queue token stays here, and how long the body is is said anew.
        || matches!(name, TOKEN_HEADER | "content-length");
    !ends_here
}

fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// The headers that are hop-by-hop because `Connection` says so.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

/// The shop's own cookies, without ours.
fn write_cookies(headers: &HeaderMap, out: &mut BytesMut) {
    if !headers.contains_key(header::COOKIE) {
        return;
    }
    let others = cookies(headers).filter(|pair| !is_our_cookie(pair));
    let others = others.collect::<Vec<_>>().join(&b"; "[..]);
    if !others.is_empty() {
        line("cookie", &others, out);
    }
}

/// Makes an upstream's headers fit for the client. Cross-origin answers are the gateway's alone.
pub(super) fn clean_response(headers: &mut HeaderMap) {
    let ends_here = |name: &HeaderName| {
        is_hop_by_hop(name.as_str()) || name.as_str().starts_with("access-control-")
    };
    // Most answers have nothing of the kind.
    if headers.keys().any(ends_here) {
        let named = named_by_connection(headers);
        let all: Vec<HeaderName> = headers
            .keys()
            .filter(|name| ends_here(name))
            .cloned()
            .collect();
        for name in all.into_iter().chain(named) {
            headers.remove(name);
        }
    }
}

/// The same for an answer that switches protocols, which keeps saying to what.
pub(super) fn clean_upgraded_response(headers: &mut HeaderMap) {
    let upgrade = headers.get(header::UPGRADE).cloned();
    clean_response(headers);
    if let Some(protocol) = upgrade {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, protocol);
    }
}

/// Removes every header of ours: from outside it would be a forgery, to the outside a leak.
pub(crate) fn strip_ours(headers: &mut HeaderMap) {
    strip_prefixed(headers, HEADER_PREFIX);
}

fn strip_prefixed(headers: &mut HeaderMap, prefix: &str) {
    let ours: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with(prefix))
        .cloned()
        .collect();
    for name in ours {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the upstream gets of a request with these headers, without what is ours.
    fn crossing(headers: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut request = http::Request::new(());
        for (name, value) in headers {
            let value = HeaderValue::from_static(value);
            request.headers_mut().append(*name, value);
        }
        let ours = Ours {
            upstream: &Authority::from_static("upstream:1"),
            request_id: &RequestId::known("0123456789abcdef0123456789abcdef"),
            pass: "ours",
            is_upgrade: false,
        };
        let mut out = BytesMut::new();
        write(&request.into_parts().0, &ours, &mut out);
        let text = std::str::from_utf8(&out).expect("text");
        let mut lines: Vec<_> = text.split_terminator("\r\n").map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    }

    #[test]
    fn hop_by_hop_and_forged_headers_end_here() {
        let lines = crossing(&[
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("content-length", "3"),
            ("stagedoor-pass", "forged"),
            ("stagedoor-command", "forged"),
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-port", "1"),
            ("forwarded", "for=6.6.6.6"),
            ("traceparent", "00-1-1-01"),
            ("x-request-id", "forged"),
            ("x-queue-token", "t"),
            ("cookie", "a=1; stagedoor_token=t; b=2"),
            ("authorization", "Bearer the-shops-own"),
            ("host", "shop.example"),
            ("accept", "text/plain"),
        ]);
        let (parent, others): (Vec<_>, Vec<_>) = lines
            .iter()
            .partition(|line| line.starts_with("traceparent"));
        assert!(parent[0].starts_with("traceparent: 00-0123456789"));
        let kept = [
            "accept: text/plain",
            "authorization: Bearer the-shops-own",
            "cookie: a=1; b=2",
            "host: shop.example",
            "stagedoor-pass: ours",
            "x-forwarded-host: shop.example",
            "x-forwarded-proto: http",
        ];
        assert_eq!(others, kept.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_request_that_names_no_host_is_for_the_upstream() {
        let lines = crossing(&[]);
        assert!(lines.contains(&"host: upstream:1".to_owned()), "{lines:?}");
    }
}
