//! The heads of HTTP/1.1 messages, as they go over a wire to the upstream (RFC 9112).

use axum::body::Bytes;
use bytes::BytesMut;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Response, StatusCode};

use super::framing::Framing;

/// An answer with a longer head, or with more headers, is no answer.
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;

/// What an upstream must not send.
#[derive(Debug, thiserror::Error)]
pub(super) enum Nonsense {
    /// It is no head of HTTP/1.
    #[error("no answer in HTTP/1.1: {0}")]
    Syntax(#[from] httparse::Error),
    /// A name or a value that cannot be one.
    #[error("a header that cannot be one: {0}")]
    Header(#[from] http::Error),
    /// It goes on and on.
    #[error("more than {MAX_HEAD_BYTES} bytes of headers")]
    TooLong,
    /// Nobody can tell where the body ends.
    #[error("a body without a certain end")]
    Length,
}

/// An answer's head.
pub(super) struct Head {
    /// Status and headers.
    pub(super) response: Response<()>,
    /// How to find the end of its body.
    pub(super) framing: Framing,
    /// Whether the upstream will answer another request on this wire.
    pub(super) is_kept: bool,
}

/// Begins a request's head.
pub(super) fn begin(method: &Method, path: &str, out: &mut BytesMut) {
    for text in [method.as_str(), " ", path, " HTTP/1.1\r\n"] {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Takes an answer's head off the buffer, once all of it is there.
///
/// # Errors
/// [`Nonsense`].
pub(super) fn take(buffer: &mut BytesMut, asked: &Method) -> Result<Option<Head>, Nonsense> {
    let Some(length) = length(buffer) else {
        let is_too_long = buffer.len() > MAX_HEAD_BYTES;
        return if is_too_long {
            Err(Nonsense::TooLong)
        } else {
            Ok(None)
        };
    };
    let head = buffer.split_to(length).freeze();
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    if parsed.parse(&head)?.is_partial() {
        return Err(httparse::Error::NewLine.into());
    }
    let is_old = parsed.version != Some(1);
    let mut response = Response::new(());
    let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
    *response.status_mut() = status.map_err(http::Error::from)?;
    *response.headers_mut() = owned(parsed.headers, &head)?;
    let framing = Framing::of(&mut response, asked, is_old)?;
    let is_kept = !is_old && !closes(response.headers()) && framing.is_certain();
    Ok(Some(Head {
        response,
        framing,
        is_kept,
    }))
}

/// Where the first empty line ends.
fn length(buffer: &[u8]) -> Option<usize> {
    let mut ends = memchr::memchr_iter(b'\n', buffer);
    ends.find_map(|end| match &buffer[end + 1..] {
        [b'\n', ..] => Some(end + 2),
        [b'\r', b'\n', ..] => Some(end + 3),
        _ => None,
    })
}

/// The values share the head's memory.
fn owned(parsed: &[httparse::Header<'_>], head: &Bytes) -> Result<HeaderMap, http::Error> {
    let mut headers = HeaderMap::with_capacity(parsed.len());
    for header in parsed {
        let name = HeaderName::from_bytes(header.name.as_bytes())?;
        let value = HeaderValue::from_maybe_shared(head.slice_ref(header.value))?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn closes(headers: &HeaderMap) -> bool {
    let options = headers.get_all(header::CONNECTION).into_iter();
    let mut options = options
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    options.any(|option| option.trim().eq_ignore_ascii_case("close"))
}
