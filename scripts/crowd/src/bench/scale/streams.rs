//! Open streams: what one costs the gateway, and how soon all of them are told.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::super::fans::{self, Known};
use super::super::house::{ALL_WAIT, House, Revision, Running};
use super::super::race::percentile;
use super::gateway::resident_bytes;

const OPENING_AT_ONCE: usize = 64;
/// Longer than the gateway's pause between two signs of life.
const STAYS_OPEN: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_mins(2);
/// A stream of ours reads short lines; the default buffer would be most of our memory.
const BUFFER: usize = 1_024;

/// What so many open streams cost, and how soon they tell.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Streams {
    /// How many were open, each of another fan.
    pub open: u64,
    /// Memory of the gateway for each, more than for a waiting fan without one.
    pub bytes_each: f64,
    /// From the operator's change that lets all in to the word on half of the streams.
    pub told_p50_ms: f64,
    /// The same for all but one in a hundred.
    pub told_p99_ms: f64,
}

pub(super) async fn measure(revision: &Revision, count: u64) -> anyhow::Result<Streams> {
    println!("measuring: {count} streams");
    let bare = Running::bare().await?;
    let house = House::before(&bare, revision, 1, ALL_WAIT).await?;
    let known = fans::join(house.door(0), 1..count + 1).await?;
    let (pid, _) = house.gateway();
    let before = resident_bytes(pid)?;
    let door = house.door(0).to_owned();
    let opened = fans::each(OPENING_AT_ONCE, known, move |fan| open(door.clone(), fan)).await?;
    let bytes = resident_bytes(pid)?.saturating_sub(before);

    let (tell, mut told) = mpsc::unbounded_channel();
    let mut listening = JoinSet::new();
    for stream in opened {
        listening.spawn(listen(stream, tell.clone()));
    }
    drop(tell);
    sleep(STAYS_OPEN).await;
    ensure!(
        told.is_empty(),
        "a stream ended or was told something early"
    );
    let began = Instant::now();
    house
        .line()
        .configure(&[("max_active", count), ("promote_per_second", 100_000)])?;
    let mut times = Vec::new();
    while let Some(at) = timeout(PATIENCE, told.recv()).await? {
        times.push(at.duration_since(began).as_secs_f64() * 1_000.0);
    }
    while let Some(listened) = listening.join_next().await {
        listened??;
    }
    ensure!(
        times.len() as u64 == count,
        "only {} of {count} streams were told",
        times.len()
    );
    Ok(Streams {
        open: count,
        bytes_each: as_f64(bytes) / as_f64(count),
        told_p50_ms: percentile(&times, 50),
        told_p99_ms: percentile(&times, 99),
    })
}

/// Opens a stream and waits for its first word.
async fn open(door: String, fan: Known) -> anyhow::Result<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(&door).await?;
    let Known { user, token, .. } = fan;
    let head = format!(
        "GET /api/status/{user}/events HTTP/1.1\r\nhost: {door}\r\nx-queue-token: {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut stream = BufReader::with_capacity(BUFFER, stream);
    until(&mut stream, "\"status\":\"waiting\"").await?;
    Ok(stream)
}

/// Waits for the word that it is the fan's turn, and tells when that was.
async fn listen(
    mut stream: BufReader<TcpStream>,
    tell: mpsc::UnboundedSender<Instant>,
) -> anyhow::Result<()> {
    until(&mut stream, "\"status\":\"activate\"").await?;
    // The run may have been given up meanwhile.
    let _heard = tell.send(Instant::now());
    Ok(())
}

async fn until(stream: &mut BufReader<TcpStream>, word: &str) -> anyhow::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        let read = stream.read_line(&mut line).await.context("a stream")?;
        ensure!(read > 0, "a stream ended before it said {word}");
        if line.contains(word) {
            return Ok(());
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}
