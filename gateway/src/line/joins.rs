//! Joins, taken along: those who come while one call to Redis is on its way share the next.

use shared::gather::Gathering;
use shared::ids::{Epoch, QueueName};

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

/// The joiners of one queue.
pub(crate) struct Joining(Gathering<Joiner, Told>);

impl Default for Joining {
    fn default() -> Self {
        Self(Gathering::of(BATCH))
    }
}

impl Joining {
    /// Joins with the next call.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub(crate) async fn join(&self, store: &Store, queue: &QueueName, joiner: Joiner) -> Told {
        let call = |joiners: Vec<Joiner>| {
            let (store, queue) = (store.clone(), queue.clone());
            async move {
                match store.join(&queue, &joiners).await {
                    Ok(joins) => tell(&joins),
                    Err(error) => vec![Err(error); joiners.len()],
                }
            }
        };
        self.0.ask(joiner, call).await
    }
}

fn tell(joins: &Joins) -> Vec<Told> {
    let answer = |(place, joined): (usize, &Joined)| {
        let is_first = place == 0;
        Ok(JoinAnswer {
            joined: *joined,
            now_ms: joins.now_ms,
            epoch: joins.epoch,
            more: is_first && joins.more,
            promoted: if is_first { joins.promoted } else { 0 },
        })
    };
    joins.fans.iter().enumerate().map(answer).collect()
}
