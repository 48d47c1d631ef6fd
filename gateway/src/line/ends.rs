//! Ends, taken along: those who leave or have paid while one call to Redis is on its way share the
//! next.

use std::time::Duration;

use shared::gather::Gathering;
use shared::ids::QueueName;

use super::Line;
use crate::store::{Leaver, StoreError};

/// So many at most go with one call, so that it does not hold Redis up for long.
const BATCH: usize = 128;
/// Nobody waits for the end of a purchase, so its calls leave room for more to come along: each of
/// them is followed by a step of the scheduler.
const REST: Duration = Duration::from_millis(20);

type Told = Result<(), StoreError>;

/// Those of one queue whose places end.
pub(crate) struct Ends {
    left: Gathering<Leaver, Told>,
    paid: Gathering<Leaver, Told>,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            left: Gathering::of(BATCH),
            paid: Gathering::of(BATCH),
        }
    }
}

impl Ends {
    /// Ends the place of a fan who leaves, with the next call.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub(crate) async fn leave(&self, line: &Line, queue: &QueueName, leaver: Leaver) -> Told {
        let call = |leavers| end(line.clone(), queue.clone(), leavers);
        self.left.ask(leaver, call).await
    }

    /// Ends the session of a fan whose purchase has ended. The answer comes a little after it.
    ///
    /// # Errors
    /// As [`Ends::leave`].
    pub(crate) async fn revoke(&self, line: &Line, queue: &QueueName, leaver: Leaver) -> Told {
        let call = |leavers| {
            let ending = end(line.clone(), queue.clone(), leavers);
            async move {
                let told = ending.await;
                tokio::time::sleep(REST).await;
                told
            }
        };
        self.paid.ask(leaver, call).await
    }
}

/// Ends places, refuses their fans here from now on, and lets the next ones in where that made
/// room.
async fn end(line: Line, queue: QueueName, leavers: Vec<Leaver>) -> Vec<Told> {
    let ended = match line.0.store.end(&queue, &leavers).await {
        Ok(ended) => ended,
        Err(error) => return vec![Err(error); leavers.len()],
    };
    if ended.contains(&true) {
        line.0.nudge.notify_one();
    }
    let told = |leaver: &Leaver| {
        line.refuse(&queue, leaver.user, leaver.ticket);
        Ok(())
    };
    leavers.iter().map(told).collect()
}
