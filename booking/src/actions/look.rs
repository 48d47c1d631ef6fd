//! Looks: plain reads for many callers at once. Of ten thousand who want one seat a few hundred
//! looks tell all but one that it is gone, and nobody holds a connection while waiting for one.
//!
//! A look begins after everybody has asked who is told by it, so that nobody is told what was true
//! only before the call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shared::gather::Gathering;
use shared::ids::{SeatId, UserId};

use crate::domain::key::{IdempotencyKey, Keyed, Stored};
use crate::domain::seat::SeatIds;
use crate::store::seat::Seen;
use crate::store::{self, Database, Failure, Question};

/// So many callers at most share one look.
const MOST: usize = 64;
/// How long a look may take: who looks next must not wait for a connection that is dead.
const LOOK_TIMEOUT: Duration = Duration::from_secs(2);

/// With more than so many all are forgotten, since it is only a hint.
const MOST_GONE: usize = 4096;
/// So long after a look has seen that a seat is gone, who wants it looks first.
const GONE: Duration = Duration::from_secs(1);

/// Those who wait for the next look, at seats and at keys.
#[derive(Debug)]
pub struct Looks {
    /// Until when these seats count as gone. It says which way a call goes, and never how it ends.
    gone: Mutex<HashMap<SeatId, Instant>>,
    seats: Gathering<SeatIds, Result<Vec<Seen>, Failure>>,
    keys: Gathering<(UserId, IdempotencyKey), Result<Option<Stored>, Failure>>,
}

impl Default for Looks {
    fn default() -> Self {
        Self {
            gone: Mutex::default(),
            seats: Gathering::of(MOST),
            keys: Gathering::of(MOST),
        }
    }
}

impl Looks {
    /// How these seats stand.
    ///
    /// # Errors
    /// When the database does not answer, or all connections are taken.
    pub async fn seats(&self, database: &Database, wanted: &SeatIds) -> Result<Vec<Seen>, Failure> {
        let look = |asked| look_at_seats(database.clone(), asked);
        let seen = self.seats.ask(wanted.clone(), look).await?;
        let gone = seen.iter().filter(|seat| seat.is_gone());
        self.note_gone(gone.filter_map(Seen::id), Instant::now());
        Ok(seen)
    }

    /// Whether a look has just seen that one of these is gone.
    pub fn have_seen_gone(&self, wanted: &SeatIds) -> bool {
        let (gone, now) = (self.gone(), Instant::now());
        let is_gone = |seat| gone.get(seat).is_some_and(|until| now < *until);
        wanted.as_slice().iter().any(is_gone)
    }

    fn note_gone(&self, seats: impl Iterator<Item = SeatId>, now: Instant) {
        let mut gone = self.gone();
        if gone.len() > MOST_GONE {
            gone.clear();
        }
        gone.extend(seats.map(|seat| (seat, now + GONE)));
    }

    fn gone(&self) -> MutexGuard<'_, HashMap<SeatId, Instant>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands under a key.
    ///
    /// # Errors
    /// As [`Looks::seats`].
    pub async fn key(
        &self,
        database: &Database,
        user: UserId,
        keyed: &Keyed,
    ) -> Result<Option<Stored>, Failure> {
        let look = |asked| look_at_keys(database.clone(), asked);
        self.keys.ask((user, keyed.key.clone()), look).await
    }
}

async fn look_at_seats(database: Database, asked: Vec<SeatIds>) -> Vec<Result<Vec<Seen>, Failure>> {
    let ids = asked.iter().flat_map(SeatIds::as_slice).copied();
    let mut ids: Vec<SeatId> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    match ask(&database, store::seat::look(&ids)).await {
        Err(failure) => failure.for_all(asked.len()),
        Ok(seen) => {
            let of = |seats: &SeatIds| {
                let known = seats.as_slice().iter().filter_map(|id| seen.get(id));
                Ok(known.cloned().collect())
            };
            asked.iter().map(of).collect()
        }
    }
}

async fn look_at_keys(
    database: Database,
    asked: Vec<(UserId, IdempotencyKey)>,
) -> Vec<Result<Option<Stored>, Failure>> {
    let count = asked.len();
    match ask(&database, store::key::look(asked)).await {
        Err(failure) => failure.for_all(count),
        Ok(stored) => stored.into_iter().map(Ok).collect(),
    }
}

async fn ask<T: 'static>(database: &Database, question: Question<T>) -> Result<T, Failure> {
    let answer = async {
        let mut connection = database.connection().await?;
        let answer = question.ask(&mut connection).await?;
        connection.put_back();
        Ok(answer)
    };
    let answer = tokio::time::timeout(LOOK_TIMEOUT, answer).await;
    answer.unwrap_or_else(|_| Err(Failure::away()))
}
