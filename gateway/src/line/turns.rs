//! One question a fan at a time: a browser that sends six requests at the moment of promotion asks
//! Redis once, and the other five read what the first has learned.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use shared::ids::UserId;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// So many fans may be asked about before those who are done are swept out.
const SWEEP_AFTER: usize = 1024;

/// Whose places Redis is being asked about.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<UserId, Arc<Turn<()>>>>);

impl Turns {
    /// Waits until nobody else asks about this fan; the turn lasts until the guard is dropped.
    pub(crate) async fn take(&self, user: UserId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if turns.len() >= SWEEP_AFTER {
                turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            turns.entry(user).or_default().clone()
        };
        turn.lock_owned().await
    }
}
