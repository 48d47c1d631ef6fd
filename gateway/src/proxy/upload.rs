//! A request on its way to the upstream: its head, then its body as the client sends it.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::{Buf as _, BytesMut};
use http::Method;
use http_body::Body as _;
use tokio::io::AsyncWrite as _;
use tokio::net::TcpStream;

/// So many bytes are put together before they are written, so that most requests are one write.
const ENOUGH_BYTES: usize = 16 * 1024;

/// Why a request could not be sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unsent {
    /// The client's body broke, or was too large.
    #[error("the request's body broke: {0}")]
    Body(#[source] axum::Error),
    /// The connection to the upstream broke.
    #[error("the connection broke: {0}")]
    Write(#[from] io::Error),
}

/// One request, as much of it as has still to be sent.
pub(super) struct Upload {
    /// What has to be written before anything else.
    out: BytesMut,
    /// `None` at its end.
    body: Option<Body>,
    framing: Framing,
    /// The method that was asked with: it says whether the answer has a body.
    pub(super) asked: Method,
    is_begun: bool,
}

/// How the upstream is told where the body ends.
enum Framing {
    /// So many bytes are left.
    Length(u64),
    Chunked,
}

impl Upload {
    /// A request with this method and head, in which only the body's framing is missing.
    pub(super) fn new(asked: Method, head: BytesMut, body: Body) -> Self {
        let mut out = head;
        let (framing, body) = match (body.is_end_stream(), body.size_hint().exact()) {
            (true, _) => {
                out.extend_from_slice(nothing(&asked).as_bytes());
                (Framing::Length(0), None)
            }
            (false, Some(length)) => {
                let line = write!(out, "content-length: {length}\r\n");
                line.expect("a buffer takes everything");
                (Framing::Length(length), Some(body))
            }
            (false, None) => {
                out.extend_from_slice(b"transfer-encoding: chunked\r\n");
                (Framing::Chunked, Some(body))
            }
        };
        out.extend_from_slice(b"\r\n");
        Self {
            out,
            body,
            framing,
            asked,
            is_begun: false,
        }
    }

    /// Whether any of it may have reached the upstream.
    pub(super) const fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// Whether all of it has been written.
    pub(super) fn is_over(&self) -> bool {
        self.body.is_none() && self.out.is_empty()
    }

    /// Sends no more of it.
    pub(super) fn give_up(&mut self) {
        self.out.clear();
        self.body = None;
    }

    /// Writes as much as there is and the wire takes. Ready at the end.
    pub(super) fn poll(
        &mut self,
        stream: &mut TcpStream,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Unsent>> {
        loop {
            let is_waiting = self.fill(context)?;
            while !self.out.is_empty() {
                let written = ready!(Pin::new(&mut *stream).poll_write(context, &self.out))?;
                self.is_begun |= written > 0;
                self.out.advance(written);
            }
            if is_waiting {
                return Poll::Pending;
            }
            if self.body.is_none() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Takes from the body what there is. Whether the client has to send more first.
    fn fill(&mut self, context: &mut Context<'_>) -> Result<bool, Unsent> {
        while self.out.len() < ENOUGH_BYTES {
            let Some(body) = &mut self.body else {
                return Ok(false);
            };
            match Pin::new(body).poll_frame(context) {
                Poll::Pending => return Ok(true),
                Poll::Ready(None) => self.finish()?,
                Poll::Ready(Some(frame)) => {
                    let frame = frame.map_err(Unsent::Body)?;
                    // A trailer ends here.
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        self.put(&data)?;
                    }
                }
            }
        }
        Ok(false)
    }

    fn put(&mut self, data: &[u8]) -> Result<(), Unsent> {
        match &mut self.framing {
            Framing::Length(left) => {
                *left = left
                    .checked_sub(data.len() as u64)
                    .ok_or_else(other_length)?;
                self.out.extend_from_slice(data);
            }
            Framing::Chunked => {
                let size = write!(self.out, "{:x}\r\n", data.len());
                size.expect("a buffer takes everything");
                self.out.extend_from_slice(data);
                self.out.extend_from_slice(b"\r\n");
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Unsent> {
        match self.framing {
            Framing::Length(0) => {}
            Framing::Length(_) => return Err(other_length()),
            Framing::Chunked => self.out.extend_from_slice(b"0\r\n\r\n"),
        }
        self.body = None;
        Ok(())
    }
}

/// What says that there is no body. Only to methods that usually have one does it have to be said.
fn nothing(method: &Method) -> &'static str {
    if matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
        "content-length: 0\r\n"
    } else {
        ""
    }
}

fn other_length() -> Unsent {
    let error = io::Error::other("it has another length than it says");
    Unsent::Body(axum::Error::new(error))
}
