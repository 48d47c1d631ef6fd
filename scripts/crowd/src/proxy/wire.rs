//! One connection through the proxy: two directions, each a delay line.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use rand::Rng as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::faults::{Faults, Way};

const CHUNK_BYTES: usize = 16 * 1024;
/// As many chunks may be on their way; then the sender has to wait, as with any full window.
const CHUNKS_ON_THE_WAY: usize = 256;

/// Breaks a connection so that the other side sees it broken and not ended.
pub(super) fn reset(stream: &TcpStream) {
    // One that is broken already needs no breaking.
    let _broken = stream.set_zero_linger();
}

/// Carries bytes both ways until both sides have ended, or a fault breaks them.
pub(super) async fn join(mut near: TcpStream, mut far: TcpStream, faults: watch::Receiver<Faults>) {
    // Small packets go at once: what is delayed is the proxy's to say.
    let _unsupported = (near.set_nodelay(true), far.set_nodelay(true));
    let is_broken = {
        let (mut from_near, mut to_near) = near.split();
        let (mut from_far, mut to_far) = far.split();
        let both = async {
            tokio::try_join!(
                pass(Way::There, &mut from_near, &mut to_far, faults.clone()),
                pass(Way::Back, &mut from_far, &mut to_near, faults.clone()),
            )
        };
        tokio::select! {
            ended = both => ended.is_err(),
            () = next_reset(faults.clone()) => true,
        }
    };
    if is_broken {
        reset(&near);
        reset(&far);
    }
}

async fn next_reset(mut faults: watch::Receiver<Faults>) {
    let before = faults.borrow().resets;
    // When the proxy is gone, so are its connections.
    let _gone = faults.wait_for(|faults| faults.resets != before).await;
}

/// One direction: reads what comes, and writes it when it is due.
async fn pass(
    way: Way,
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut faults: watch::Receiver<Faults>,
) -> io::Result<()> {
    let mut line = DelayLine::default();
    let mut passed = 0;
    let mut has_ended = false;
    loop {
        let due = line.next_due();
        let may_write = due.is_some() && faults.borrow().passes(way);
        let may_read = !has_ended && line.chunks.len() < CHUNKS_ON_THE_WAY;
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES);
        tokio::select! {
            () = sleep_until(due.unwrap_or_else(Instant::now)), if may_write => {
                let allowed = faults.borrow().allowance(way);
                passed += write(to, line.take(), allowed.saturating_sub(passed)).await?;
            }
            read = from.read_buf(&mut buffer), if may_read => {
                has_ended = read? == 0;
                if !has_ended {
                    line.put(buffer.freeze(), &faults.borrow());
                }
            }
            changed = faults.changed() => changed.map_err(io::Error::other)?,
        }
        if has_ended && line.chunks.is_empty() {
            return to.shutdown().await;
        }
    }
}

/// Writes the chunk as far as it is allowed; a cut one is an error.
async fn write(to: &mut (impl AsyncWrite + Unpin), chunk: Bytes, allowed: u64) -> io::Result<u64> {
    let fits = usize::try_from(allowed).unwrap_or(usize::MAX);
    to.write_all(&chunk[..chunk.len().min(fits)]).await?;
    if chunk.len() >= fits {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    Ok(chunk.len() as u64)
}

/// Chunks on their way, in the order in which they were sent.
#[derive(Default)]
struct DelayLine {
    chunks: VecDeque<(Instant, Bytes)>,
}

impl DelayLine {
    fn put(&mut self, chunk: Bytes, faults: &Faults) {
        let jitter = rand::rng().random_range(Duration::ZERO..=faults.jitter);
        let due = Instant::now() + faults.latency + jitter;
        let before = self.chunks.back().map_or(due, |(due, _)| *due);
        self.chunks.push_back((due.max(before), chunk));
    }

    fn next_due(&self) -> Option<Instant> {
        self.chunks.front().map(|(due, _)| *due)
    }

    fn take(&mut self) -> Bytes {
        self.chunks
            .pop_front()
            .map(|(_, chunk)| chunk)
            .unwrap_or_default()
    }
}
