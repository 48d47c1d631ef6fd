//! What waiting costs Redis: commands for a poll, bytes for a fan.

use std::time::{Duration, Instant};

use super::super::house::{ALL_WAIT, House, Running};
use super::super::race::Race;
use super::super::report::{Figure, Target};
use super::super::{Bench, fans, measured};
use crate::witness::gauge::Gauge;

const FANS_EACH_SECOND: u64 = 20_000;
/// So few that the ticks beside them would show.
const MOST_COMMANDS: f64 = 0.005;

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let bare = Running::bare().await?;
    let house = House::before(&bare, bench.ours(), 1, ALL_WAIT).await?;
    let gauge = Gauge::new(house.settings.redis_url())?;
    let mut race = Race::default();

    let (empty, count) = (gauge.memory_bytes()?, bench.scaled(FANS_EACH_SECOND));
    let known = fans::join(house.door(0), 1..count + 1).await?;
    let full = gauge.memory_bytes()?;
    race.note("bytes", as_f64(full.saturating_sub(empty)) / as_f64(count));

    let file = bench.folder().join("waiting-redis");
    fans::write(&file, &known, |fan| format!("/api/status/{}", fan.user))?;
    for _ in bench.rounds() {
        let idle = idle_rate(&gauge, bench.options.lasts).await?;
        let (before, began) = (gauge.commands()?, Instant::now());
        let polls = bench.wrk.count_known(house.door(0), &file).await?;
        let commands = as_f64(gauge.commands()?.saturating_sub(before));
        let own = commands - idle * began.elapsed().as_secs_f64();
        race.note("commands", (own / polls).max(0.0));
    }
    let commands = Target::AtMost(MOST_COMMANDS);
    Ok(measured([
        Figure::alone(
            "redis-commands",
            "Redis commands a waiting poll",
            &race,
            "commands",
            commands,
        ),
        Figure::alone(
            "redis-memory",
            "bytes of Redis a waiting fan",
            &race,
            "bytes",
            Target::AtMost(200.0),
        ),
    ]))
}

/// Commands a second while nobody asks: the gateway's own ticks.
async fn idle_rate(gauge: &Gauge, lasts: Duration) -> anyhow::Result<f64> {
    let (before, began) = (gauge.commands()?, Instant::now());
    tokio::time::sleep(lasts).await;
    let ticks = gauge.commands()?.saturating_sub(before);
    Ok(as_f64(ticks) / began.elapsed().as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}
