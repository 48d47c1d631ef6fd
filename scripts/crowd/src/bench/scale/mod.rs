//! How cost grows with the line: what joining, polling and the picture take from a thousand fans to
//! a million, and what an open stream costs.

mod gateway;
mod sheet;
mod sizes;
mod streams;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;

use super::house::Revision;
use super::machine;
use super::wrk::Wrk;

pub use sizes::AtSize;
pub use streams::Streams;

/// Files that a process opens beside its streams.
const SPARE_FILES: u64 = 200;

/// How large a line, and how many streams.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// The line grows by powers of ten from a thousand up to so many fans.
    pub fans: u64,
    /// So many streams are open at once.
    pub streams: u64,
    /// How long each kind of poll is sent at each size.
    pub lasts: Duration,
}

/// Everything that was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Scaling {
    /// Where.
    pub machine: BTreeMap<&'static str, String>,
    /// One line that grows, the smallest first.
    pub sizes: Vec<AtSize>,
    /// Streams of another line.
    pub streams: Streams,
}

impl Scaling {
    /// The sizes as plots, one SVG that needs nothing else.
    #[must_use]
    pub fn sheet(&self) -> String {
        sheet::sheet(&self.sizes)
    }
}

/// Grows a line and opens streams, on one gateway each.
///
/// # Errors
/// When something needed does not start, or a request of the run fails.
pub async fn measure(
    revision: &Revision,
    folder: &Path,
    extent: Extent,
) -> anyhow::Result<Scaling> {
    can_open(extent.streams)?;
    std::fs::create_dir_all(folder)?;
    let wrk = Wrk::new(folder, extent.lasts)?;
    Ok(Scaling {
        machine: machine::describe()?,
        streams: streams::measure(revision, extent.streams).await?,
        sizes: sizes::measure(revision, &wrk, folder, extent).await?,
    })
}

/// Each stream is an open file in the gateway and one here, and the system says how many a process
/// may have.
fn can_open(streams: u64) -> anyhow::Result<()> {
    let files = rlimit::increase_nofile_limit(u64::MAX)?;
    let most = files.saturating_sub(SPARE_FILES);
    ensure!(
        streams <= most,
        "{streams} streams need {} open files in one process, and this system allows {files}: \
         raise the hard limit (ulimit -Hn), or ask for --streams {most}",
        streams + SPARE_FILES
    );
    Ok(())
}

impl fmt::Display for Scaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.machine {
            writeln!(f, "{name}: {value}")?;
        }
        writeln!(
            f,
            "\n{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>12} {:>12}",
            "fans",
            "joins/s",
            "polls/s",
            "poll p50",
            "poll p99",
            "tick",
            "Redis/fan",
            "gateway/fan"
        )?;
        for size in &self.sizes {
            writeln!(
                f,
                "{:>9} {:>9.0} {:>9.0} {:>6.2} ms {:>6.2} ms {:>6.2} ms {:>10.0} B {:>10.0} B",
                size.fans,
                size.joins_per_second,
                size.polls_per_second,
                size.poll_p50_ms,
                size.poll_p99_ms,
                size.tick_ms,
                size.redis_bytes_a_fan,
                size.gateway_bytes_a_fan,
            )?;
        }
        let Streams {
            open,
            bytes_each,
            told_p50_ms,
            told_p99_ms,
        } = self.streams;
        write!(
            f,
            "\n{open} streams: {bytes_each:.0} bytes each in the gateway; let in all at once, half \
             were told within {told_p50_ms:.0} ms and 99 of 100 within {told_p99_ms:.0} ms"
        )
    }
}
