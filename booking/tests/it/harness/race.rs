//! Tools for races: many at the same moment, dice that can be thrown again, waits with a deadline.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// How long anything may take that a test waits for.
const DEADLINE: Duration = Duration::from_secs(20);

/// Runs them all from the same moment on, and answers what each gave, in the order given.
pub(crate) async fn at_once<F>(all: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let all: Vec<F> = all.into_iter().collect();
    let start = Arc::new(Barrier::new(all.len()));
    let mut running = JoinSet::new();
    for (index, one) in all.into_iter().enumerate() {
        let start = Arc::clone(&start);
        running.spawn(async move {
            start.wait().await;
            (index, one.await)
        });
    }
    let mut outcomes = running.join_all().await;
    outcomes.sort_unstable_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// The same for a storm that proves no single guard, so that no sabotage twin is asked for.
pub(crate) async fn scatter<F>(all: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    at_once(all).await
}

/// Asks again and again until it is so.
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < DEADLINE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Dice that fall the same way again under the same `STAGEDOOR_SEED`; `stream` keeps the dice of
/// one task from depending on another's.
pub(crate) fn dice(stream: u64) -> StdRng {
    let seed = std::env::var("STAGEDOOR_SEED").ok();
    let seed: u64 = seed
        .and_then(|text| text.parse().ok())
        .unwrap_or(20_241_006);
    StdRng::seed_from_u64(seed ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// `short` before a commit, or `long` before a release, when `STAGEDOOR_DEEP` is set.
pub(crate) fn deep(short: u64, long: u64) -> u64 {
    if std::env::var_os("STAGEDOOR_DEEP").is_some() {
        long
    } else {
        short
    }
}
