//! One connection to the upstream. Whoever has sent a request on it drives it, in the same task, so
//! that nothing is handed from task to task on its way.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::Response;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::capacity::Held;
use super::wires::Home;

/// A connection that is ready for a request, or busy with one.
pub(super) struct Wire {
    sender: SendRequest<Body>,
    /// `None` when it has been closed.
    connection: Option<BoxFuture<'static, hyper::Result<()>>>,
}

/// Why there is no answer; and the request, where nothing of it has been sent.
pub(super) type Unanswered = TrySendError<Request>;

impl Wire {
    pub(super) async fn new(stream: TokioIo<TcpStream>) -> hyper::Result<Self> {
        // Most requests are no more than a head.
        let (sender, connection) = Builder::new().writev(false).handshake(stream).await?;
        Ok(Self {
            sender,
            connection: Some(connection.with_upgrades().boxed()),
        })
    }

    /// Sends a request and waits for the head of its answer. The wire has to be kept for the body.
    pub(super) async fn send(
        mut self,
        request: Request,
    ) -> Result<(Response<Incoming>, Self), Unanswered> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let head = poll_fn(|context| {
            self.drive(context);
            answer.as_mut().poll(context)
        });
        let response = head.await?;
        Ok((response, self))
    }

    /// Moves what is on its way. How the connection ends is told by the answer or its body.
    fn drive(&mut self, context: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && connection.poll_unpin(context).is_ready()
        {
            self.connection = None;
        }
    }

    /// Whether all of the last answer has come, and another request may be sent.
    pub(super) fn is_ready(&self) -> bool {
        self.connection.is_some() && self.sender.is_ready()
    }

    /// Drives it until it is closed, or has changed its protocol.
    pub(super) async fn until_closed(self) {
        if let Some(connection) = self.connection {
            // Both sides of an upgrade hear of it by themselves.
            drop(connection.await);
        }
    }
}

/// The body of an upstream's answer. At its end the wire goes home for the next request, and the
/// share of the upstream's capacity is given back.
pub(super) struct Answered {
    body: Incoming,
    wire: Option<(Wire, Held, Home)>,
}

impl Answered {
    pub(super) fn new(body: Incoming, wire: Wire, held: Held, home: Home) -> Self {
        let is_whole = body.is_end_stream();
        let mut answered = Self {
            body,
            wire: Some((wire, held, home)),
        };
        if is_whole {
            answered.go_home();
        }
        answered
    }

    fn go_home(&mut self) {
        if let Some((wire, _held, home)) = self.wire.take() {
            home.put(wire);
        }
    }
}

impl http_body::Body for Answered {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some((wire, ..)) = &mut self.wire {
            wire.drive(context);
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.go_home();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
