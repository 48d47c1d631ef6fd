//! Who is listening: wakes the open streams of a fan the moment something happens to the place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::ids::UserId;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::store::Change;

/// A fan may look on from so many tabs and devices at once.
const MOST_PER_FAN: usize = 8;

type Listeners = HashMap<UserId, Arc<Notify>>;

/// The open streams of one queue, by fan. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<Listeners>>);

impl Streams {
    /// Listens to what happens to this fan, until the ear is dropped; `None` when too many do.
    pub(crate) fn listen(&self, user: UserId) -> Option<Ear> {
        let bell = self.lock().entry(user).or_default().clone();
        // The table's own and this one are among them.
        if Arc::strong_count(&bell) > MOST_PER_FAN + 1 {
            return None;
        }
        metrics::gauge!("gateway_streams").increment(1.0);
        Some(Ear {
            streams: self.clone(),
            user,
            bell,
        })
    }

    /// Wakes the streams of the fans to whom something has happened.
    pub(crate) fn wake(&self, changes: &[Change]) {
        let listeners = self.lock();
        if listeners.is_empty() {
            return;
        }
        for change in changes {
            if let Some(bell) = listeners.get(&change.user) {
                bell.notify_waiters();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open stream.
pub(crate) struct Ear {
    streams: Streams,
    user: UserId,
    bell: Arc<Notify>,
}

impl Ear {
    /// Ends when something happens to the fan.
    pub(crate) fn heard(&self) -> Notified<'_> {
        self.bell.notified()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        metrics::gauge!("gateway_streams").decrement(1.0);
        let mut listeners = self.streams.lock();
        // The table's own and this one: nobody else listens.
        if Arc::strong_count(&self.bell) <= 2 {
            listeners.remove(&self.user);
        }
    }
}
