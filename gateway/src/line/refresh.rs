//! One tick of a picture: tells Redis who was seen, is told what has changed, and after a loss
//! gives back what was known before it begins anew.

use std::time::Instant;

use crate::store::{Store, StoreError, Tick};

use super::Line;
use super::queue::Queue;
use super::speed::Movement;

impl Line {
    /// Brings the pictures of all queues up to date.
    ///
    /// # Errors
    /// The first queue's whose tick failed, after all were tried.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut result = Ok(());
        for queue in &self.0.queues {
            let was_full = queue.picture.is_full();
            result = result.and(refresh(&self.0.store, queue).await);
            // Of a session that has run out nobody tells: whoever waits for its slot is not left
            // to the scheduler's next second.
            if was_full && !queue.picture.is_full() {
                self.0.nudge.notify_one();
            }
        }
        result
    }
}

async fn refresh(store: &Store, queue: &Queue) -> Result<(), StoreError> {
    let seen = queue.presence.take();
    let sent = Instant::now();
    let told = store
        .tick(&queue.name, queue.picture.version(), &seen)
        .await;
    if told.is_err() {
        queue.presence.put_back(seen);
    }
    let tick = told?;
    record(queue, &tick, sent);
    if tick.is_resync {
        return begin_anew(store, queue, &tick).await;
    }
    follow(store, queue, tick, sent).await
}

async fn follow(store: &Store, queue: &Queue, tick: Tick, sent: Instant) -> Result<(), StoreError> {
    queue.follow(&tick.changes, sent);
    if let Some(places) = queue.picture.apply(tick.clone(), sent) {
        queue.estimator.follow(&Movement::of(&tick, places), sent);
        return Ok(());
    }
    metrics::counter!("gateway_picture_drifts_total").increment(1);
    tracing::warn!(queue = %queue.name, "the picture has drifted; it begins anew");
    begin_anew(store, queue, &tick).await
}

/// Gives back what was known before a loss, then takes a snapshot and brings it up to date.
async fn begin_anew(store: &Store, queue: &Queue, tick: &Tick) -> Result<(), StoreError> {
    if let Some(memory) = queue.picture.memory_before(tick.epoch) {
        let known = memory.fans.len();
        let resumed = store.recover(&queue.name, tick.epoch, &memory).await?;
        tracing::info!(queue = %queue.name, known, resumed, "gave back what was known before");
    }
    queue.estimator.forget();
    let Some(snapshot) = store.snapshot(&queue.name).await? else {
        return Ok(());
    };
    if snapshot.epoch != Some(tick.epoch) {
        return Ok(());
    }
    let sent = Instant::now();
    let version = (tick.epoch, snapshot.seq);
    let after = store.tick(&queue.name, version, &[]).await?;
    if !after.is_resync {
        queue.follow(&after.changes, sent);
        queue.picture.begin(snapshot, tick, after, sent);
    }
    Ok(())
}

fn record(queue: &Queue, tick: &Tick, sent: Instant) {
    let name = queue.name.to_string();
    metrics::histogram!("gateway_picture_seconds", "queue" => name).record(sent.elapsed());
    if tick.is_resync {
        metrics::counter!("gateway_picture_resyncs_total").increment(1);
    }
}
