//! Keeps the pictures of this gateway up to date: a tick four times a second.

use std::time::Duration;

use shared::lifecycle::Shutdown;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::line::Line;

/// How old a picture is at most, while Redis answers.
const EVERY: Duration = Duration::from_millis(250);
/// A tick that takes longer is given up; the next one goes on where the picture stands. A first
/// snapshot of a million places takes a few seconds.
const DEADLINE: Duration = Duration::from_secs(20);

/// Ticks until stopping begins.
pub async fn run(line: Line, shutdown: Shutdown) {
    tokio::select! {
        () = shutdown.begun() => {}
        () = tick_for_ever(&line) => {}
    }
}

async fn tick_for_ever(line: &Line) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_failing = false;
    loop {
        ticks.tick().await;
        is_failing = tick(line, is_failing).await;
    }
}

/// One tick; whether it failed. Said once, when it begins and when it ends.
async fn tick(line: &Line, was_failing: bool) -> bool {
    let failure = match timeout(DEADLINE, line.refresh()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no end within {DEADLINE:?}")),
    };
    match &failure {
        Some(error) if !was_failing => {
            tracing::warn!(error, "the picture cannot be brought up to date");
        }
        None if was_failing => tracing::info!("the picture is brought up to date again"),
        _ => {}
    }
    failure.is_some()
}
