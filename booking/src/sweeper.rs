//! The sweeper: a loop around the action that tidies lapsed holds away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::lifecycle::Shutdown;

use crate::actions::Office;
use crate::actions::sweep::{Swept, sweep};
use crate::store::Failure;

/// How many batches one tick sweeps at most, so that it comes to an end while holds keep lapsing.
const BATCHES_A_TICK: u32 = 50;

/// Sweeps until stopping begins.
pub async fn run(office: Arc<Office>, every: Duration, shutdown: Shutdown) {
    while wait(every, &shutdown).await {
        let began = Instant::now();
        let outcome = tick(&office).await;
        metrics::histogram!("booking_sweep_seconds").record(began.elapsed());
        report(&outcome);
    }
}

/// Waits for the next tick. Answers `false` when stopping has begun instead.
async fn wait(every: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = shutdown.begun() => false,
        () = tokio::time::sleep(every) => true,
    }
}

/// Sweeps what there is to sweep now.
///
/// # Errors
/// When the database does not answer; the next tick goes on where this one stopped.
pub async fn tick(office: &Office) -> Result<Swept, Failure> {
    let mut total = Swept::default();
    for _ in 0..BATCHES_A_TICK {
        let batch = sweep(office).await?;
        total.seats += batch.seats;
        total.keys += batch.keys;
        total.more = batch.more;
        if !batch.more {
            break;
        }
    }
    Ok(total)
}

fn report(outcome: &Result<Swept, Failure>) {
    match outcome {
        Ok(swept) => {
            metrics::counter!("booking_sweeps_total", "outcome" => "done").increment(1);
            metrics::counter!("booking_swept_seats_total").increment(swept.seats);
            metrics::counter!("booking_forgotten_keys_total").increment(swept.keys);
        }
        Err(error) => {
            metrics::counter!("booking_sweeps_total", "outcome" => "failed").increment(1);
            tracing::warn!(%error, "sweeping stopped; the next tick goes on");
        }
    }
}
