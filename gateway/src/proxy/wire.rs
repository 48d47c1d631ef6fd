//! One connection to the upstream. Whoever has sent a request on it drives it, in the same task, so
//! that nothing is handed from task to task on its way.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use bytes::BytesMut;
use http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::capacity::Held;
use super::framing::Framing;
use super::head::{self, Head, Nonsense};
use super::upload::{Unsent, Upload};
use super::wires::Home;

/// Room for the answers of most requests, and for a piece of a large one.
const BUFFER_BYTES: usize = 8 * 1024;

/// A connection that is ready for a request, or busy with one.
pub(super) struct Wire {
    stream: TcpStream,
    /// What has been read and not been used yet.
    buffer: BytesMut,
}

/// Why there is no answer, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The request could not be sent.
    #[error(transparent)]
    Unsent(#[from] Unsent),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Read(#[source] io::Error),
    /// It was closed too early.
    #[error("the connection was closed in the middle of the answer")]
    Closed,
    /// What came is not HTTP/1.1.
    #[error(transparent)]
    Nonsense(#[from] Nonsense),
}

impl Broken {
    /// Whether the client's body broke, and no other wire would help.
    pub(super) const fn is_the_clients(&self) -> bool {
        matches!(self, Self::Unsent(Unsent::Body(_)))
    }
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            buffer: BytesMut::with_capacity(BUFFER_BYTES),
        }
    }

    /// Sends a request and waits for the head of its answer. Of one that it has not
    /// [begun](Upload::is_begun) to send, the upstream knows nothing.
    ///
    /// # Errors
    /// [`Broken`].
    pub(super) async fn send(&mut self, upload: &mut Upload) -> Result<Head, Broken> {
        // The upstream may have closed a wire that has idled, or said something unasked.
        let is_silent = poll_fn(|context| Poll::Ready(self.poll_read(context).is_pending()));
        if !is_silent.await {
            return Err(Broken::Closed);
        }
        poll_fn(|context| self.poll_head(upload, context)).await
    }

    fn poll_head(
        &mut self,
        upload: &mut Upload,
        context: &mut Context<'_>,
    ) -> Poll<Result<Head, Broken>> {
        if !upload.is_over()
            && let Poll::Ready(Err(unsent)) = upload.poll(&mut self.stream, context)
        {
            match unsent {
                // An upstream that has read enough may answer and close: its answer counts.
                Unsent::Write(_) if upload.is_begun() => upload.give_up(),
                _ => return Poll::Ready(Err(unsent.into())),
            }
        }
        loop {
            while let Some(head) = head::take(&mut self.buffer, &upload.asked)? {
                let status = head.response.status();
                // "Continue" and "early hints" come before the answer.
                if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
                    return Poll::Ready(Ok(head));
                }
            }
            if ready!(self.poll_read(context)).map_err(Broken::Read)? == 0 {
                return Poll::Ready(Err(Broken::Closed));
            }
        }
    }

    /// Reads what there is into the buffer. 0 is the end.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.buffer.capacity() == self.buffer.len() {
            self.buffer.reserve(BUFFER_BYTES);
        }
        pin!(self.stream.read_buf(&mut self.buffer)).poll(context)
    }

    /// The connection, and what has come on it already.
    pub(super) fn into_parts(self) -> (TcpStream, BytesMut) {
        (self.stream, self.buffer)
    }
}

/// The body of an upstream's answer. At its end the wire goes home for the next request, and the
/// share of the upstream's capacity is given back.
pub(super) struct Answered {
    framing: Framing,
    busy: Option<Busy>,
}

/// A wire that is not done yet.
struct Busy {
    wire: Wire,
    /// What of the request is still being sent.
    upload: Upload,
    /// Whether it may be used again.
    is_kept: bool,
    home: Home,
    _held: Held,
}

impl Answered {
    /// The answer with its body, which is still to come.
    pub(super) fn new(
        head: Head,
        wire: Wire,
        upload: Upload,
        (share, home): (Held, Home),
    ) -> Response<Self> {
        let mut answered = Self {
            framing: head.framing,
            busy: Some(Busy {
                wire,
                upload,
                is_kept: head.is_kept,
                home,
                _held: share,
            }),
        };
        if answered.framing.is_over() {
            answered.go_home();
        }
        head.response.map(|()| answered)
    }

    /// Nothing more is to come. A wire on which more has come than was asked for, or that still
    /// has something to send, is not used again.
    fn go_home(&mut self) {
        let Some(busy) = self.busy.take() else { return };
        if busy.is_kept && busy.upload.is_over() && busy.wire.buffer.is_empty() {
            busy.home.put(busy.wire);
        }
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Broken>> {
        let Some(busy) = &mut self.busy else {
            return Poll::Ready(Ok(None));
        };
        if !busy.upload.is_over() {
            match busy.upload.poll(&mut busy.wire.stream, context) {
                // The answer goes on: it is the upstream's affair how much of a body it reads.
                Poll::Ready(Err(_)) => {
                    busy.upload.give_up();
                    busy.is_kept = false;
                }
                Poll::Ready(Ok(())) | Poll::Pending => {}
            }
        }
        loop {
            if let Some(piece) = self.framing.take(&mut busy.wire.buffer)? {
                return Poll::Ready(Ok(Some(piece)));
            }
            if self.framing.is_over() {
                return Poll::Ready(Ok(None));
            }
            if ready!(busy.wire.poll_read(context)).map_err(Broken::Read)? == 0 {
                let is_whole = !self.framing.is_certain();
                return Poll::Ready(is_whole.then_some(None).ok_or(Broken::Closed));
            }
        }
    }
}

impl http_body::Body for Answered {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let piece = ready!(self.poll_piece(context));
        match &piece {
            Ok(Some(_)) if !self.framing.is_over() => {}
            Ok(_) => self.go_home(),
            Err(_) => self.busy = None,
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)).transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.busy.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match self.framing {
            Framing::Length(left) => SizeHint::with_exact(left),
            _ => SizeHint::default(),
        }
    }
}
