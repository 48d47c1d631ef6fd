//! The poll floor: who polls more often than told is stopped here, before anything is asked.
//!
//! Each fan has a bucket of [`BURST`] polls that fills up by one in every floor's length. Only the
//! time at which it will be full again is kept, and only while that lies ahead.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::ids::UserId;

/// How many polls may come at once.
const BURST: u32 = 5;
/// The table is cut into parts, so that polls on several threads do not wait for one another.
const SHARDS: usize = 16;
/// A part that has grown by so many entries is cleared of those that do not matter any more.
const SWEEP_AFTER: usize = 4096;

/// Whose poll, and whether it came with a token: nobody without one uses up another's polls.
type Asker = (UserId, bool);

#[derive(Default)]
struct Shard {
    full_at: HashMap<Asker, Instant>,
    sweep_at: usize,
}

/// The buckets of all fans who polled lately.
pub(crate) struct Floor {
    every: Duration,
    shards: [Mutex<Shard>; SHARDS],
}

impl Floor {
    /// One poll in `every`; zero switches the floor off.
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            every,
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// Takes one poll out of the fan's bucket.
    ///
    /// # Errors
    /// How long until there is one again.
    pub(crate) fn check(&self, asker: Asker, now: Instant) -> Result<(), Duration> {
        if self.every.is_zero() {
            return Ok(());
        }
        let shard = &self.shards[usize::try_from(asker.0.get()).unwrap_or_default() % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.sweep(now);
        let full_at = shard.full_at.entry(asker).or_insert(now);
        let full_after = (*full_at).max(now) + self.every;
        let too_early = full_after
            .duration_since(now)
            .saturating_sub(self.every * BURST);
        if !too_early.is_zero() {
            return Err(too_early);
        }
        *full_at = full_after;
        Ok(())
    }
}

impl Shard {
    fn sweep(&mut self, now: Instant) {
        if self.full_at.len() < self.sweep_at.max(SWEEP_AFTER) {
            return;
        }
        self.full_at.retain(|_, full_at| *full_at > now);
        self.sweep_at = self.full_at.len() + SWEEP_AFTER;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fan(number: u64) -> Asker {
        (UserId::new(number).expect("a good number"), true)
    }

    #[test]
    fn a_burst_is_let_through_and_then_one_in_each_interval() {
        let floor = Floor::new(Duration::from_millis(500));
        let start = Instant::now();
        for _ in 0..BURST {
            assert_eq!(floor.check(fan(1), start), Ok(()));
        }
        assert_eq!(floor.check(fan(1), start), Err(Duration::from_millis(500)));
        assert_eq!(floor.check(fan(2), start), Ok(()), "another fan");
        let without_token = (fan(1).0, false);
        assert_eq!(floor.check(without_token, start), Ok(()), "another asker");
        let later = start + Duration::from_millis(500);
        assert_eq!(floor.check(fan(1), later), Ok(()));
        assert!(floor.check(fan(1), later).is_err());
    }

    #[test]
    fn who_polls_as_told_is_never_stopped_and_leaves_nothing_behind() {
        let floor = Floor::new(Duration::from_millis(500));
        let mut now = Instant::now();
        for _ in 0..1000 {
            assert_eq!(floor.check(fan(1), now), Ok(()));
            now += Duration::from_millis(500);
        }
        for number in 1..100_000 {
            assert_eq!(floor.check(fan(number), now), Ok(()));
            now += Duration::from_millis(1);
        }
        let kept: usize = floor
            .shards
            .iter()
            .map(|shard| shard.lock().map_or(0, |shard| shard.full_at.len()))
            .sum();
        assert!(kept <= SHARDS * (2 * SWEEP_AFTER), "{kept} are kept");
    }

    #[test]
    fn zero_switches_it_off() {
        let floor = Floor::new(Duration::ZERO);
        let now = Instant::now();
        assert!((0..100).all(|_| floor.check(fan(1), now).is_ok()));
    }
}
