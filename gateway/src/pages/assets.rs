//! The files that the pages need, embedded: brotli, gzip or plain, as the browser can read them.
//!
//! Their folder is named after all that is in them, so a browser may keep them for ever. Under the
//! name of another build (two gateways during an update) a file is answered too, but not kept.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

const KEEP: &str = "public, max-age=31536000, immutable";

struct File {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Where this build's files are.
#[must_use]
pub fn folder() -> String {
    format!("/stagedoor/assets/{VERSION}")
}

/// One file, or `None` when there is none of this name.
#[must_use]
pub fn serve(version: &str, name: &str, asked: &HeaderMap) -> Option<Response> {
    let file = FILES.iter().find(|file| file.name == name)?;
    let is_current = version == VERSION;
    let cache = if is_current { KEEP } else { "no-cache" };
    let tag = format!("\"{VERSION}\"");
    let shared = [
        (header::CACHE_CONTROL, value(cache)),
        (header::ETAG, value(&tag)),
        (header::VARY, value("accept-encoding")),
        (header::X_CONTENT_TYPE_OPTIONS, value("nosniff")),
    ];
    let known = asked.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Some((StatusCode::NOT_MODIFIED, shared).into_response());
    }
    let (body, encoding) = pack(file, asked);
    let kind = [(header::CONTENT_TYPE, value(kind(name)))];
    let mut response = (shared, kind, body).into_response();
    if let Some(encoding) = encoding {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_ENCODING, value(encoding));
    }
    Some(response)
}

fn pack(file: &File, asked: &HeaderMap) -> (&'static [u8], Option<&'static str>) {
    let accepted = asked.get(header::ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or("");
    if accepts(accepted, "br") {
        (file.brotli, Some("br"))
    } else if accepts(accepted, "gzip") {
        (file.gzip, Some("gzip"))
    } else {
        (file.plain, None)
    }
}

fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        name.trim() == coding && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

/// The media type by a name's end.
pub(super) fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        _ => "application/octet-stream",
    }
}

/// A header's value; ours are plain ASCII.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_smallest_form_that_it_can_read() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("br;q=0.5", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("", "gzip"));
        let of = |coding: &'static str| {
            let mut asked = HeaderMap::new();
            asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding));
            let file = serve(VERSION, "style.css", &asked).expect("a stylesheet");
            let encoding = file.headers().get(header::CONTENT_ENCODING).cloned();
            (encoding, file.headers()[header::CACHE_CONTROL].clone())
        };
        assert_eq!(of("gzip, br").0.expect("packed"), "br");
        assert_eq!(of("gzip").0.expect("packed"), "gzip");
        assert_eq!(of("identity"), (None, HeaderValue::from_static(KEEP)));
    }

    #[test]
    fn the_name_of_another_build_is_answered_and_not_kept() {
        let file = serve("0", "line.js", &HeaderMap::new()).expect("a script");
        assert_eq!(file.headers()[header::CACHE_CONTROL], "no-cache");
        assert!(serve(VERSION, "../Cargo.toml", &HeaderMap::new()).is_none());
    }
}
