//! A line that grows: at each power of ten the cost of a poll and of the picture, and what growing
//! to there took.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::super::fans::{self, Known};
use super::super::house::{ALL_WAIT, House, Revision, Running};
use super::super::race::percentile;
use super::super::steady;
use super::super::wrk::Wrk;
use super::Extent;
use super::gateway::{Ticks, resident_bytes};
use crate::witness::gauge::Gauge;

const SMALLEST: u64 = 1_000;
/// So many of a line's fans poll, from all over it.
const POLLING: u64 = 2_000;

/// What a line of this length costs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AtSize {
    /// How many wait.
    pub fans: u64,
    /// Joins a second since the size before, with 64 on their way at a time.
    pub joins_per_second: f64,
    /// As many polls a second as can be had.
    pub polls_per_second: f64,
    /// Half of a steady 1,000 polls a second take less.
    pub poll_p50_ms: f64,
    /// All but one in a hundred of them take less.
    pub poll_p99_ms: f64,
    /// A tick of the picture under those polls, with its way to Redis and back.
    pub tick_ms: f64,
    /// Memory of Redis, more than before the first fan, by fan.
    pub redis_bytes_a_fan: f64,
    /// Memory of the gateway, more than before the first fan, by fan.
    pub gateway_bytes_a_fan: f64,
}

/// The growing line.
struct Growing {
    house: House,
    gauge: Gauge,
    /// Redis and the gateway before the first fan, in bytes.
    empty: (u64, u64),
    fans: u64,
    _bare: Running,
}

pub(super) async fn measure(
    revision: &Revision,
    wrk: &Wrk,
    folder: &Path,
    extent: Extent,
) -> anyhow::Result<Vec<AtSize>> {
    let mut line = Growing::new(revision).await?;
    let mut sizes = Vec::new();
    let mut size = SMALLEST;
    while size <= extent.fans {
        println!("measuring: a line of {size}");
        sizes.push(line.at(size, wrk, folder, extent).await?);
        size *= 10;
    }
    Ok(sizes)
}

impl Growing {
    async fn new(revision: &Revision) -> anyhow::Result<Self> {
        let bare = Running::bare().await?;
        let house = House::before(&bare, revision, 1, ALL_WAIT).await?;
        Ticks::first(house.gateway().1).await?;
        let gauge = Gauge::new(house.settings.redis_url())?;
        let empty = (gauge.memory_bytes()?, resident_bytes(house.gateway().0)?);
        Ok(Self {
            house,
            gauge,
            empty,
            fans: 0,
            _bare: bare,
        })
    }

    async fn at(
        &mut self,
        size: u64,
        wrk: &Wrk,
        folder: &Path,
        extent: Extent,
    ) -> anyhow::Result<AtSize> {
        let (known, joins_per_second) = self.grow(size).await?;
        let (pid, admin) = self.house.gateway();
        let (redis, gateway) = (self.gauge.memory_bytes()?, resident_bytes(pid)?);
        let path = |fan: &Known| format!("/api/status/{}", fan.user);
        let before = Ticks::read(admin).await?;
        let times = steady::answers(self.house.door(0), &known, path, extent.lasts).await?;
        let tick_ms = Ticks::read(admin).await?.average_ms_since(before);
        let file = folder.join("growing");
        fans::write(&file, &known, path)?;
        Ok(AtSize {
            fans: size,
            joins_per_second,
            polls_per_second: wrk.known(self.house.door(0), &file).await?,
            poll_p50_ms: percentile(&times, 50),
            poll_p99_ms: percentile(&times, 99),
            tick_ms,
            redis_bytes_a_fan: share(redis.saturating_sub(self.empty.0), size),
            gateway_bytes_a_fan: share(gateway.saturating_sub(self.empty.1), size),
        })
    }

    /// Lets the line grow to this size. Answers fans from all over what has joined, and how many
    /// joined each second.
    async fn grow(&mut self, size: u64) -> anyhow::Result<(Vec<Known>, f64)> {
        let (first, began) = (self.fans + 1, Instant::now());
        let mut known = Vec::new();
        // In parts: a million tokens at once would be memory that says nothing.
        let part = POLLING.max(size / 20);
        while self.fans < size {
            let end = (self.fans + part).min(size);
            let joined = fans::join(self.house.door(0), self.fans + 1..end + 1).await?;
            let step = usize::try_from((size / POLLING).max(1))?;
            known.extend(joined.into_iter().step_by(step));
            self.fans = end;
        }
        let took = began.elapsed().as_secs_f64();
        Ok((known, share(size + 1 - first, 1) / took))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
const fn share(whole: u64, by: u64) -> f64 {
    whole as f64 / by as f64
}
