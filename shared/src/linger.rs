//! A refusal of a request whose body is still on its way has to arrive all the same.
//!
//! A server that closes a connection with unread bytes in it resets it, and the client loses the
//! answer that was just sent. So what a handler leaves unread is read to its end and forgotten,
//! within bounds: a client who goes on beyond them is cut off.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use http::header;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;

/// How much of an unread body is read, and for how long. More is no mistake, it is a flood.
const MAX_BYTES: usize = 16 * 1024 * 1024;
const MAX_TIME: Duration = Duration::from_secs(5);

/// Makes the request's body one that is read to its end although its handler drops it earlier.
#[must_use]
pub fn linger(request: Request) -> Request {
    // Who asks whether to continue has sent nothing yet, and reads the refusal first.
    if http_body::Body::is_end_stream(request.body())
        || request.headers().contains_key(header::EXPECT)
    {
        return request;
    }
    request.map(|body| Body::new(Lingering(body)))
}

struct Lingering(Body);

impl http_body::Body for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if http_body::Body::is_end_stream(&self.0) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let body = std::mem::take(&mut self.0);
            runtime.spawn(tokio::time::timeout(MAX_TIME, forget(body)));
        }
    }
}

async fn forget(mut body: Body) {
    let mut left = MAX_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let read = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(read) else {
            return;
        };
        left = rest;
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::Router;
    use http::StatusCode;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::lifecycle::{self, Shutdown};
    use crate::serve::serve;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_refusal_reaches_who_is_still_sending() {
        let listener = lifecycle::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let address = listener.local_addr().expect("an address");
        let refuse = async |request: Request| {
            drop(linger(request));
            StatusCode::FORBIDDEN
        };
        let router = Router::new().fallback(refuse);
        let shutdown = Shutdown::new(Duration::from_secs(1));
        tokio::spawn(serve(listener, router, shutdown));
        for _ in 0..20 {
            let mut connection = TcpStream::connect(address).await.expect("a connection");
            let size = 4 * 1024 * 1024;
            let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n\r\n");
            connection.write_all(head.as_bytes()).await.expect("a head");
            let sent = connection.write_all(&vec![b'x'; size]).await;
            sent.expect("a body that is taken");
            let mut start = [0; 12];
            let read = connection.read_exact(&mut start).await;
            read.expect("an answer");
            assert_eq!(&start, b"HTTP/1.1 403");
        }
    }
}
