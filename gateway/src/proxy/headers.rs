//! Which headers cross the gate. Hop-by-hop headers end here (RFC 9110 7.6.1), nobody outside can
//! send a header of ours, and the upstream sees who called from us alone.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request};
use http::header::{self, HeaderName};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};
use shared::pass::{HEADER, HEADER_PREFIX};
use shared::request_id::RequestId;
use shared::token::{
    HEADER as TOKEN_HEADER, bearer, cookies, is_meant_as_queue_token, is_our_cookie,
};
use shared::trace::{PARENT_HEADER, trace_parent};

const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");

/// What the client says its body will measure, in bytes.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// HTTP/2 names the host in the URI, HTTP/1.1 in a header, HTTP/1.0 perhaps nowhere.
pub(super) fn name_the_host(request: &mut Request, upstream: &Authority) {
    if request.headers().contains_key(header::HOST) {
        return;
    }
    let named = request.uri().authority().unwrap_or(upstream);
    if let Ok(host) = HeaderValue::try_from(named.as_str()) {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// Makes a client's headers fit for the upstream.
pub(super) fn clean_request(request: &mut Request, request_id: &RequestId, is_upgrade: bool) {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let headers = request.headers_mut();
    let upgrade = headers.get(header::UPGRADE).cloned();
    strip_hop_by_hop(headers);
    strip_ours(headers);
    strip_what_only_a_proxy_may_say(headers);
    strip_queue_token(headers);
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.insert(FORWARDED_HOST, host);
    }
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    if let Some(Ok(ip)) = peer.map(|ip| HeaderValue::try_from(ip.to_string())) {
        headers.insert(FORWARDED_FOR, ip);
    }
    if let Ok(parent) = HeaderValue::try_from(trace_parent(request_id)) {
        headers.insert(PARENT_HEADER, parent);
    }
    if let Some(protocol) = upgrade.filter(|_| is_upgrade) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, protocol);
    }
}

pub(super) fn set_pass(headers: &mut HeaderMap, pass: &str) {
    if let Ok(value) = HeaderValue::try_from(pass) {
        headers.insert(HeaderName::from_static(HEADER), value);
    }
}

/// Makes an upstream's headers fit for the client. Cross-origin answers are the gateway's alone.
pub(super) fn clean_response(headers: &mut HeaderMap) {
    strip_hop_by_hop(headers);
    strip_prefixed(headers, "access-control-");
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

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.into_iter().chain(named) {
        headers.remove(name);
    }
}

fn strip_what_only_a_proxy_may_say(headers: &mut HeaderMap) {
    strip_prefixed(headers, "x-forwarded-");
    for name in [header::FORWARDED, REAL_IP, PARENT_HEADER, TRACE_STATE] {
        headers.remove(name);
    }
    headers.remove(shared::request_id::HEADER);
}

/// The fan's queue token stays here; a shop's own login and its other cookies pass.
fn strip_queue_token(headers: &mut HeaderMap) {
    headers.remove(TOKEN_HEADER);
    if bearer(headers).is_some_and(is_meant_as_queue_token) {
        headers.remove(header::AUTHORIZATION);
    }
    if !headers.contains_key(header::COOKIE) {
        return;
    }
    let others: Vec<&[u8]> = cookies(headers)
        .filter(|pair| !is_our_cookie(pair))
        .collect();
    let others = others.join(&b"; "[..]);
    headers.remove(header::COOKIE);
    if let (false, Ok(value)) = (others.is_empty(), HeaderValue::from_bytes(&others)) {
        headers.insert(header::COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(headers: &[(&'static str, &'static str)]) -> Request {
        let mut request = Request::new(Body::empty());
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            request
                .headers_mut()
                .append(name, HeaderValue::from_static(value));
        }
        request
    }

    #[test]
    fn hop_by_hop_and_forged_headers_end_here() {
        let mut request = request(&[
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("stagedoor-pass", "forged"),
            ("stagedoor-command", "forged"),
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-port", "1"),
            ("forwarded", "for=6.6.6.6"),
            ("traceparent", "00-1-1-01"),
            ("x-queue-token", "t"),
            ("cookie", "a=1; stagedoor_token=t; b=2"),
            ("authorization", "Bearer the-shops-own"),
            ("host", "shop.example"),
            ("accept", "text/plain"),
        ]);
        let id = RequestId::known("0123456789abcdef0123456789abcdef");
        clean_request(&mut request, &id, false);
        let headers = request.headers();
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let kept = [
            "accept",
            "authorization",
            "cookie",
            "host",
            "traceparent",
            "x-forwarded-host",
            "x-forwarded-proto",
        ];
        assert_eq!(names, kept);
        assert_eq!(headers[header::COOKIE], "a=1; b=2");
        assert_eq!(headers[FORWARDED_HOST], "shop.example");
        assert!(
            headers[PARENT_HEADER]
                .to_str()
                .is_ok_and(|text| text.starts_with("00-0123456789"))
        );
    }
}
