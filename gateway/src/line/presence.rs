//! Who was seen near the front since the last tick. A poll costs Redis nothing: all of them are
//! written down together, with the next tick.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::ids::UserId;

/// The fans seen since the last tick.
#[derive(Default)]
pub(crate) struct Presence(Mutex<HashSet<UserId>>);

impl Presence {
    /// Notes that a fan was here.
    pub(crate) fn note(&self, user: UserId) {
        self.lock().insert(user);
    }

    /// Hands over who was seen.
    pub(crate) fn take(&self) -> Vec<UserId> {
        self.lock().drain().collect()
    }

    /// Keeps for the next tick what could not be told in this one.
    pub(crate) fn put_back(&self, users: Vec<UserId>) {
        self.lock().extend(users);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
