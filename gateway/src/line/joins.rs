//! Joins, taken along: while one call to Redis is on its way, those who come in the meantime
//! gather, and the next call takes them all, in the order in which they came. Nobody waits for
//! company.

use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::ids::{Epoch, QueueName};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::store::{Joined, Joiner, Joins, Store, StoreError};

/// So many at most go with one call, so that it does not hold Redis up for long.
const BATCH: usize = 128;

/// What one of a call's joiners was told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JoinAnswer {
    pub(crate) joined: Joined,
    pub(crate) now_ms: u64,
    pub(crate) epoch: Epoch,
    /// Whether more fans could be promoted at once; told to one of the call's joiners.
    pub(crate) more: bool,
    /// How many were promoted by the call; told to the same one.
    pub(crate) promoted: u64,
}

type Told = Result<JoinAnswer, StoreError>;
type Reply = oneshot::Sender<Told>;

/// The joiners of one queue.
#[derive(Default)]
pub(crate) struct Gathering {
    waiting: Mutex<Vec<(Joiner, Reply)>>,
    flight: tokio::sync::Mutex<()>,
}

impl Gathering {
    /// Joins with the next call.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub(crate) async fn join(
        &self,
        store: &Store,
        queue: &QueueName,
        joiner: Joiner,
    ) -> Result<JoinAnswer, StoreError> {
        loop {
            let (reply, mut answer) = oneshot::channel();
            self.lock().push((joiner, reply));
            let told = tokio::select! {
                biased;
                told = &mut answer => told.ok(),
                _turn = self.flight.lock() => self.call_until_told(store, queue, &mut answer).await,
            };
            // Whoever made the call may have been dropped with it: then it is repeated.
            if let Some(told) = told {
                return told;
            }
        }
    }

    /// Makes calls until one of them has taken the caller along.
    async fn call_until_told(
        &self,
        store: &Store,
        queue: &QueueName,
        answer: &mut oneshot::Receiver<Told>,
    ) -> Option<Told> {
        loop {
            match answer.try_recv() {
                Ok(told) => return Some(told),
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) => self.call(store, queue).await,
            }
        }
    }

    async fn call(&self, store: &Store, queue: &QueueName) {
        let batch: Vec<_> = {
            let mut waiting = self.lock();
            let length = waiting.len().min(BATCH);
            waiting.drain(..length).collect()
        };
        if batch.is_empty() {
            return;
        }
        let joiners: Vec<Joiner> = batch.iter().map(|(joiner, _)| *joiner).collect();
        match store.join(queue, &joiners).await {
            Ok(joins) => tell(&joins, batch),
            Err(error) => {
                for (_, reply) in batch {
                    // Who has hung up is told nothing.
                    drop(reply.send(Err(error.clone())));
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Joiner, Reply)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(joins: &Joins, batch: Vec<(Joiner, Reply)>) {
    let mut is_first = true;
    for ((_, reply), joined) in batch.into_iter().zip(&joins.fans) {
        let answer = JoinAnswer {
            joined: *joined,
            now_ms: joins.now_ms,
            epoch: joins.epoch,
            more: is_first && joins.more,
            promoted: if is_first { joins.promoted } else { 0 },
        };
        is_first = false;
        drop(reply.send(Ok(answer)));
    }
}
