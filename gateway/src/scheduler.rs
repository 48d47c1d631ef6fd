//! Lets the next fans in: once a second, and whenever a place has become free.
//!
//! Any number of gateways may tick at once; each step is atomic in Redis. Within a gateway steps do
//! not overlap: the cron scheduler would start the next one over a slow one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::ids::QueueName;
use shared::lifecycle::Shutdown;
use tokio::sync::Mutex;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::line::Line;
use crate::store::{BadValue, Promotion, StoreError};

/// Once a second, the finest grain of the scheduler. A repeated job instead of a cron one never
/// fires again after a stall.
const EVERY_SECOND: &str = "* * * * * *";
/// A tick that takes longer is given up; the next one goes on where Redis stands.
const TICK_DEADLINE: Duration = Duration::from_secs(5);

/// What the last tick of each queue complained about, so that it is logged once, not each second.
type Complaints = BTreeMap<QueueName, Vec<BadValue>>;

/// Ticks for all queues of one gateway. Clones share the single flight.
#[derive(Clone)]
pub struct Scheduler {
    line: Line,
    flight: Arc<Mutex<Complaints>>,
}

impl Scheduler {
    /// A scheduler for this line.
    #[must_use]
    pub fn new(line: Line) -> Self {
        Self {
            line,
            flight: Arc::new(Mutex::new(Complaints::new())),
        }
    }

    /// Ticks until stopping begins.
    ///
    /// # Errors
    /// When the cron scheduler cannot be started.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), JobSchedulerError> {
        let mut cron = JobScheduler::new().await?;
        let scheduler = self.clone();
        cron.add(Job::new_async(EVERY_SECOND, move |_, _| {
            let scheduler = scheduler.clone();
            Box::pin(async move { scheduler.tick_unless_running().await })
        })?)
        .await?;
        cron.start().await?;
        self.tick_when_nudged(&shutdown).await;
        cron.shutdown().await
    }

    async fn tick_when_nudged(&self, shutdown: &Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.begun() => return,
                () = self.line.nudged() => self.tick().await,
            }
        }
    }

    async fn tick_unless_running(&self) {
        if let Ok(mut complaints) = self.flight.try_lock() {
            self.tick_all(&mut complaints).await;
        } else {
            tracing::debug!("the tick before is still running");
        }
    }

    /// One tick of every queue, after the one that may be running.
    pub async fn tick(&self) {
        self.tick_all(&mut *self.flight.lock().await).await;
    }

    async fn tick_all(&self, complaints: &mut Complaints) {
        for queue in self.line.queues() {
            let started = Instant::now();
            match tokio::time::timeout(TICK_DEADLINE, self.line.promote(queue)).await {
                Ok(Ok(promotion)) => {
                    complain(queue, &promotion, complaints);
                    record(queue, &promotion, started.elapsed());
                }
                Ok(Err(error)) => failed(queue, &error),
                Err(_) => tracing::warn!(%queue, deadline = ?TICK_DEADLINE, "a tick took too long"),
            }
        }
    }
}

fn failed(queue: &QueueName, error: &StoreError) {
    metrics::counter!("gateway_tick_failures_total", "queue" => queue.to_string()).increment(1);
    tracing::warn!(%queue, %error, "a tick failed; the next one goes on");
}

/// Logs what in the config cannot be used, when it changes.
fn complain(queue: &QueueName, promotion: &Promotion, complaints: &mut Complaints) {
    let before = complaints.entry(queue.clone()).or_default();
    if *before == promotion.bad {
        return;
    }
    for BadValue { field, value } in promotion.bad.iter().filter(|bad| !before.contains(bad)) {
        tracing::warn!(
            %queue, field, value,
            "this config value cannot be used; the last good one stays in force"
        );
    }
    if promotion.bad.is_empty() {
        tracing::info!(%queue, "every config value can be used again");
    }
    before.clone_from(&promotion.bad);
}

fn record(queue: &QueueName, promotion: &Promotion, took: Duration) {
    let queue = queue.to_string();
    let gauge = |name: &'static str, value: f64| {
        metrics::gauge!(name, "queue" => queue.clone()).set(value);
    };
    gauge("gateway_waiting", as_f64(promotion.waiting));
    gauge("gateway_sessions", as_f64(promotion.sessions));
    gauge("gateway_hold_seconds", as_f64(promotion.hold_ms) / 1000.0);
    gauge("gateway_max_active", as_f64(promotion.max_active));
    gauge("gateway_promote_per_second", promotion.rate);
    gauge(
        "gateway_config_bad_values",
        as_f64(promotion.bad.len() as u64),
    );
    gauge(
        "gateway_last_tick_unix_seconds",
        as_f64(shared::clock::unix_seconds()),
    );
    metrics::histogram!("gateway_tick_seconds", "queue" => queue.clone()).record(took);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge shows counts far below 2^52"
)]
const fn as_f64(count: u64) -> f64 {
    count as f64
}
