//! Turns: one user has at most two mutating calls at the database at once. All of a user's calls
//! wait for the same row, and those that wait there would hold connections that others need.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::ids::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;

/// One that works, and one that is ready as soon as the first commits.
const CALLS_A_USER: usize = 2;
/// How long the others wait.
const MAX_WAIT: Duration = Duration::from_secs(1);

type Queues = HashMap<UserId, Arc<Semaphore>>;

/// Who has calls running. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<Queues>>);

/// Somebody's turn, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    // Dropped in this order, so that the last to leave the place finds nobody on the queue.
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

/// A user's place in the map, cleared away by the last who leaves it.
#[derive(Debug)]
struct Place {
    turns: Turns,
    user: UserId,
}

impl Turns {
    /// Waits for the user's turn.
    ///
    /// # Errors
    /// [`Refusal::TooManyInFlight`] when it does not come within [`MAX_WAIT`].
    pub async fn take(&self, user: UserId) -> Result<Turn, Refusal> {
        let queue = Arc::clone(
            self.lock()
                .entry(user)
                .or_insert_with(|| Arc::new(Semaphore::new(CALLS_A_USER))),
        );
        let place = Place {
            turns: self.clone(),
            user,
        };
        match tokio::time::timeout(MAX_WAIT, queue.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Turn {
                _permit: permit,
                _place: place,
            }),
            _ => Err(Refusal::TooManyInFlight),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        // The map is whole whatever a panicking holder did: it has only single calls on it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.turns.lock();
        let unused = queues
            .get(&self.user)
            .is_some_and(|queue| Arc::strong_count(queue) == 1);
        if unused {
            queues.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: u64) -> UserId {
        UserId::new(id).expect("an id")
    }

    #[tokio::test(start_paused = true)]
    async fn a_third_call_waits_and_is_sent_away_after_a_second() {
        let turns = Turns::default();
        let first = turns.take(user(1)).await.expect("a turn");
        let _second = turns.take(user(1)).await.expect("a turn");
        let third = turns.take(user(1)).await;
        assert!(matches!(third, Err(Refusal::TooManyInFlight)));
        let _another = turns.take(user(2)).await.expect("another user's turn");
        drop(first);
        let _third = turns.take(user(1)).await.expect("a turn");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_kept_of_who_has_left() {
        let turns = Turns::default();
        let held = [turns.take(user(1)).await, turns.take(user(1)).await];
        assert!(turns.take(user(1)).await.is_err());
        assert_eq!(turns.lock().len(), 1);
        drop(held);
        assert!(turns.lock().is_empty());
    }
}
