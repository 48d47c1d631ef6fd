//! Where the body of an upstream's answer ends (RFC 9112 6.3), and its pieces until then.

use axum::body::Bytes;
use bytes::{Buf as _, BytesMut};
use http::{HeaderMap, Method, Response, StatusCode, header};

use super::head::Nonsense;

/// A longer line between two chunks is no such line.
const MAX_LINE_BYTES: usize = 4 * 1024;

/// What is left of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks, each with its size in front.
    Chunked(Chunk),
    /// All that comes until the upstream closes the connection.
    UntilClosed,
}

/// Where in a chunked body we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunk {
    /// In front of the line with a size.
    Size,
    /// In a chunk with so many bytes left.
    Data(u64),
    /// Behind a chunk, in front of its line's end.
    DataEnd,
    /// Behind the last chunk, in front of a trailer or the last line.
    Trailer,
    /// Behind everything.
    End,
}

impl Framing {
    /// As the head of an answer says. A length is told once, and beside chunks not at all: who
    /// believes it would end the body elsewhere.
    pub(super) fn of<T>(
        response: &mut Response<T>,
        asked: &Method,
        is_old: bool,
    ) -> Result<Self, Nonsense> {
        let status = response.status();
        let has_none = status.is_informational()
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let headers = response.headers_mut();
        let length = content_length(headers)?;
        headers.remove(header::CONTENT_LENGTH);
        let is_coded = headers.contains_key(header::TRANSFER_ENCODING);
        if let Some(length) = length.filter(|_| !is_coded) {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        if has_none || *asked == Method::HEAD {
            return Ok(Self::Length(0));
        }
        let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
        match (codings.next_back(), length) {
            // HTTP/1.0 knows no chunks.
            (Some(_), _) if is_old => Err(Nonsense::Length),
            (Some(last), _) => Ok(if is_chunked(last.as_bytes()) {
                Self::Chunked(Chunk::Size)
            } else {
                Self::UntilClosed
            }),
            (None, Some(length)) => Ok(Self::Length(length)),
            (None, None) => Ok(Self::UntilClosed),
        }
    }

    /// Whether the end can be told from the bytes alone.
    pub(super) const fn is_certain(self) -> bool {
        !matches!(self, Self::UntilClosed)
    }

    /// Whether nothing is left.
    pub(super) const fn is_over(self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::End))
    }

    /// The next piece of the body that is in the buffer; `None` when more has to be read first, or
    /// nothing is left.
    pub(super) fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, Nonsense> {
        match self {
            Self::Length(left) => Ok(piece(buffer, left)),
            Self::UntilClosed => {
                let mut all = u64::MAX;
                Ok(piece(buffer, &mut all))
            }
            Self::Chunked(chunk) => chunk.take(buffer),
        }
    }
}

impl Chunk {
    fn take(&mut self, buffer: &mut BytesMut) -> Result<Option<Bytes>, Nonsense> {
        loop {
            *self = match self {
                Self::End => return Ok(None),
                Self::Data(0) => Self::DataEnd,
                Self::Data(left) => return Ok(piece(buffer, left)),
                Self::Size | Self::DataEnd | Self::Trailer => {
                    let Some(length) = line_length(buffer)? else {
                        return Ok(None);
                    };
                    let next = self.behind(&buffer[..length])?;
                    buffer.advance(length + 2);
                    next
                }
            };
        }
    }

    /// What comes after this line.
    fn behind(self, line: &[u8]) -> Result<Self, Nonsense> {
        match self {
            Self::Size => Ok(match size(line).ok_or(Nonsense::Length)? {
                0 => Self::Trailer,
                size => Self::Data(size),
            }),
            Self::Trailer if line.is_empty() => Ok(Self::End),
            // A trailer ends here: nobody behind the gate is told of any.
            Self::Trailer => Ok(Self::Trailer),
            _ if line.is_empty() => Ok(Self::Size),
            _ => Err(Nonsense::Length),
        }
    }
}

/// As much as there is, and not more than is left.
fn piece(buffer: &mut BytesMut, left: &mut u64) -> Option<Bytes> {
    let length = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(buffer.len());
    *left -= length as u64;
    (length > 0).then(|| buffer.split_to(length).freeze())
}

/// How long the line is without its end, which is CR LF and nothing else.
fn line_length(buffer: &[u8]) -> Result<Option<usize>, Nonsense> {
    match memchr::memchr(b'\n', buffer) {
        Some(end) if end > 0 && buffer[end - 1] == b'\r' => Ok(Some(end - 1)),
        None if buffer.len() <= MAX_LINE_BYTES => Ok(None),
        _ => Err(Nonsense::Length),
    }
}

/// The size that a chunk's line begins with. What may follow it is of no meaning to us.
fn size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit());
    let digits = digits.count();
    let rest = line[digits..].first();
    if digits > 15 || !matches!(rest, None | Some(b';' | b' ' | b'\t')) {
        return None;
    }
    let digits = std::str::from_utf8(&line[..digits]).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

/// The length that the headers name. Two that differ are none.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Nonsense> {
    let mut length = None;
    for value in headers.get_all(header::CONTENT_LENGTH) {
        let digits = value.to_str().ok().filter(|text| is_number(text));
        let named = digits.and_then(|digits| digits.parse().ok());
        let named: u64 = named.ok_or(Nonsense::Length)?;
        if length.is_some_and(|length| length != named) {
            return Err(Nonsense::Length);
        }
        length = Some(named);
    }
    Ok(length)
}

/// `parse` alone would take a sign as well.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_chunked(codings: &[u8]) -> bool {
    let last = codings.rsplit(|byte| *byte == b',').next();
    last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(
        headers: &[(&'static str, &'static str)],
        is_old: bool,
    ) -> Result<Framing, Nonsense> {
        let mut response = Response::new(());
        for (name, value) in headers {
            let value = http::HeaderValue::from_static(value);
            response.headers_mut().append(*name, value);
        }
        Framing::of(&mut response, &Method::GET, is_old)
    }

    /// All of a body that comes in pieces of this size, and what is left in the buffer.
    fn read(
        mut framing: Framing,
        bytes: &[u8],
        step: usize,
    ) -> Result<(Vec<u8>, Vec<u8>), Nonsense> {
        let (mut buffer, mut body) = (BytesMut::new(), Vec::new());
        for piece in bytes.chunks(step) {
            buffer.extend_from_slice(piece);
            while let Some(data) = framing.take(&mut buffer)? {
                body.extend_from_slice(&data);
            }
        }
        assert!(framing.is_over(), "{framing:?}");
        Ok((body, buffer.to_vec()))
    }

    #[test]
    fn the_headers_say_where_a_body_ends() {
        let chunked = Framing::Chunked(Chunk::Size);
        let good = [
            (&[("content-length", "12")][..], Framing::Length(12)),
            (
                &[("content-length", "7"), ("content-length", "7")],
                Framing::Length(7),
            ),
            (&[("transfer-encoding", "gzip, Chunked")], chunked),
            (
                &[("transfer-encoding", "chunked"), ("content-length", "3")],
                chunked,
            ),
            (
                &[("transfer-encoding", "chunked, gzip")],
                Framing::UntilClosed,
            ),
            (&[], Framing::UntilClosed),
        ];
        for (headers, expected) in good {
            assert_eq!(
                framing(headers, false).expect("good"),
                expected,
                "{headers:?}"
            );
        }
        for headers in [
            &[("content-length", "+1")][..],
            &[("content-length", "-1")],
            &[("content-length", "1, 1")],
            &[("content-length", "")],
            &[("content-length", "99999999999999999999")],
            &[("content-length", "1"), ("content-length", "2")],
        ] {
            assert!(framing(headers, false).is_err(), "{headers:?}");
        }
        assert!(framing(&[("transfer-encoding", "chunked")], true).is_err());
    }

    #[test]
    fn answers_without_a_body_have_none_whatever_they_say() {
        for (status, asked) in [(204, Method::GET), (304, Method::GET), (200, Method::HEAD)] {
            let mut response = Response::builder()
                .status(status)
                .header("content-length", "5")
                .body(())
                .expect("an answer");
            let framing = Framing::of(&mut response, &asked, false).expect("good");
            assert_eq!(framing, Framing::Length(0));
            assert_eq!(
                response.headers()["content-length"],
                "5",
                "a HEAD may tell it"
            );
        }
    }

    #[test]
    fn chunks_are_put_together_however_they_are_cut() {
        let body = b"5\r\nseats\r\n0c;x=\"y\"\r\n and a stage\r\n0\r\nt: 1\r\n\r\n";
        for step in 1..=body.len() {
            let (whole, rest) = read(Framing::Chunked(Chunk::Size), body, step).expect("good");
            assert_eq!(
                (&whole[..], &rest[..]),
                (&b"seats and a stage"[..], &b""[..]),
                "{step}"
            );
        }
        let behind = [&body[..], b"next"].concat();
        let framing = Framing::Chunked(Chunk::Size);
        let (_, rest) = read(framing, &behind, behind.len()).expect("good");
        assert_eq!(rest, b"next");
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for bytes in [
            &b"\r\n"[..],
            b"x\r\n",
            b"5\nseats",
            b"5\r\nseatsX\r\n",
            b"5x\r\n",
            b"-5\r\n",
            b"1000000000000000\r\n",
            &[b'0'; MAX_LINE_BYTES + 1],
        ] {
            let mut framing = Framing::Chunked(Chunk::Size);
            let mut buffer = BytesMut::from(bytes);
            let outcome = loop {
                match framing.take(&mut buffer) {
                    Ok(Some(_)) => {}
                    other => break other,
                }
            };
            assert!(outcome.is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_length_takes_what_is_its_own() {
        let (body, rest) = read(Framing::Length(5), b"seatsnext", 9).expect("good");
        assert_eq!((&body[..], &rest[..]), (&b"seats"[..], &b"next"[..]));
    }
}
