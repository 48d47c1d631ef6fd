//! What a gateway takes and tells of itself: its memory, and the time of its ticks.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use http::Method;
use tokio::time::sleep;

use crate::client::{Ask, Client};

const TICKS: &str = "gateway_picture_seconds";
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// The memory of a process that is really there, in bytes.
pub(super) fn resident_bytes(pid: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .with_context(|| format!("{path} has no VmRSS"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// How long all ticks so far took together, and how many there were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ticks {
    seconds: f64,
    count: f64,
}

impl Ticks {
    /// Waits for the first: a gateway may be ready a moment before it.
    pub(super) async fn first(admin: &str) -> anyhow::Result<Self> {
        let began = Instant::now();
        loop {
            match Self::read(admin).await {
                Err(_) if began.elapsed() < PATIENCE => sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
    }

    pub(super) async fn read(admin: &str) -> anyhow::Result<Self> {
        let ask = Ask {
            method: &Method::GET,
            path: "/metrics",
            token: None,
            key: None,
            body: None,
        };
        let answer = Client::new().call(admin, ask).await;
        let answer = answer.map_err(|lost| anyhow::anyhow!("/metrics: {}", lost.0))?;
        Self::parse(&String::from_utf8_lossy(&answer.body))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let value = |end: &str| {
            let name = format!("{TICKS}{end}");
            let line = text.lines().find(|line| line.starts_with(&name));
            let value = line.and_then(|line| line.rsplit_once(' ')?.1.parse().ok());
            value.with_context(|| format!("no {name} among the metrics"))
        };
        Ok(Self {
            seconds: value("_sum")?,
            count: value("_count")?,
        })
    }

    /// The average of the ticks since then, in ms.
    pub(super) fn average_ms_since(self, before: Self) -> f64 {
        (self.seconds - before.seconds) * 1_000.0 / (self.count - before.count).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_of_a_window_is_read_from_sum_and_count() {
        let told = |sum, count| {
            format!(
                "# TYPE gateway_picture_seconds summary\n\
                 gateway_picture_seconds{{queue=\"main\",quantile=\"0.5\"}} 9\n\
                 gateway_picture_seconds_sum{{queue=\"main\"}} {sum}\n\
                 gateway_picture_seconds_count{{queue=\"main\"}} {count}\n"
            )
        };
        let before = Ticks::parse(&told(1.0, 100)).expect("both");
        let after = Ticks::parse(&told(1.5, 200)).expect("both");
        assert!((after.average_ms_since(before) - 5.0).abs() < 1e-9);
        assert!(Ticks::parse("gateway_joins_total 1\n").is_err());
    }
}
