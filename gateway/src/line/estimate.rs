//! How long a wait will be, from how fast the line has moved ([`super::speed`]), told as a range.
//! Nothing is told while nothing is known.
//!
//! What was told is held against what came true, and published: an estimate nobody checks is noise.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shared::ids::Ticket;

use super::speed::{Movement, Speed, Track};

/// The range is wider than the two speeds, by this share of them.
const SPREAD: f64 = 0.25;
/// So many told estimates are held against the truth at a time.
const SAMPLES: usize = 4096;

/// A wait, in whole seconds, as a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Not shorter than this.
    pub min_seconds: u64,
    /// Not longer than this.
    pub max_seconds: u64,
}

/// How a told estimate came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Sooner,
    Inside,
    Later,
}

#[derive(Default)]
struct Record {
    track: Track,
    told: HashMap<Ticket, (Instant, Estimate)>,
}

/// The speed of one queue.
#[derive(Default)]
pub(crate) struct Estimator(Mutex<Record>);

impl Estimator {
    /// Follows one tick of the line.
    pub(crate) fn follow(&self, movement: &Movement, now: Instant) {
        self.lock().track.follow(movement, now);
    }

    /// Forgets the speed and what was told: after a loss or a gap the old speed says nothing, and
    /// nobody has seen who left meanwhile.
    pub(crate) fn forget(&self) {
        let mut record = self.lock();
        record.track.forget();
        record.told.clear();
    }

    /// How long the fan with this ticket will wait at this position. What a fan is told first is
    /// remembered, to hold it against the truth.
    pub(crate) fn tell(&self, ticket: Ticket, position: u64, now: Instant) -> Option<Estimate> {
        let mut record = self.lock();
        let estimate = Estimate::of(position, record.track.speed(position)?);
        if record.told.len() < SAMPLES {
            record.told.entry(ticket).or_insert((now, estimate));
        }
        Some(estimate)
    }

    /// This ticket was let in now.
    pub(crate) fn let_in(&self, ticket: Ticket, now: Instant) {
        let told = self.lock().told.remove(&ticket);
        let Some((at, estimate)) = told else {
            return;
        };
        let truth = match hold_against(estimate, now - at) {
            Truth::Sooner => "sooner",
            Truth::Inside => "inside",
            Truth::Later => "later",
        };
        metrics::counter!("gateway_estimates_total", "truth" => truth).increment(1);
    }

    /// Whoever has left is not let in any more.
    pub(crate) fn gone(&self, ticket: Ticket) {
        self.lock().told.remove(&ticket);
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Estimate {
    /// Where fans come in by waves, nobody knows where in a wave this position will be.
    fn of(position: u64, speed: Speed) -> Self {
        let places = as_f64(position);
        let standstill = speed.standstill.as_secs_f64();
        let soonest = places / speed.fast * (1.0 - SPREAD) - standstill;
        let latest = places / speed.slow * (1.0 + SPREAD) + standstill;
        Self {
            min_seconds: whole(soonest.floor()),
            max_seconds: whole(latest.ceil() + 1.0),
        }
    }
}

fn hold_against(estimate: Estimate, waited: Duration) -> Truth {
    if waited < Duration::from_secs(estimate.min_seconds) {
        Truth::Sooner
    } else if waited > Duration::from_secs(estimate.max_seconds) {
        Truth::Later
    } else {
        Truth::Inside
    }
}

#[expect(clippy::cast_precision_loss, reason = "positions are far below 2^52")]
pub(super) const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what is below 0 is 0: the cast saturates"
)]
const fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that moves by so many places a second, for so many seconds, with room for all.
    fn moving(estimator: &Estimator, from: Instant, speed: u64, seconds: u64) -> Instant {
        let movement = Movement {
            places: speed,
            waiting: 1_000,
            max_active: u64::MAX,
            ..Movement::default()
        };
        for second in 0..=seconds {
            estimator.follow(&movement, from + Duration::from_secs(second));
        }
        from + Duration::from_secs(seconds)
    }

    /// What a fan at this position is told.
    fn told(estimator: &Estimator, position: u64, now: Instant) -> Option<Estimate> {
        estimator.tell(Ticket(position), position, now)
    }

    #[test]
    fn nothing_is_told_before_something_is_known() {
        let estimator = Estimator::default();
        let start = Instant::now();
        assert_eq!(told(&estimator, 1, start), None);
        let now = moving(&estimator, start, 10, 3);
        assert_eq!(told(&estimator, 1, now), None, "too short");
        let now = moving(&estimator, now, 10, 10);
        assert!(told(&estimator, 1, now).is_some());
        estimator.forget();
        assert_eq!(told(&estimator, 1, now), None, "forgotten");
    }

    #[test]
    fn a_steady_line_is_told_around_the_truth() {
        let estimator = Estimator::default();
        let now = moving(&estimator, Instant::now(), 10, 60);
        let estimate = told(&estimator, 1000, now).expect("known");
        assert!((60..=100).contains(&estimate.min_seconds), "{estimate:?}");
        assert!((100..=150).contains(&estimate.max_seconds), "{estimate:?}");
    }

    #[test]
    fn a_line_that_has_slowed_down_is_told_with_both_speeds() {
        let estimator = Estimator::default();
        let now = moving(&estimator, Instant::now(), 100, 40);
        let now = moving(&estimator, now, 10, 15);
        let estimate = told(&estimator, 1000, now).expect("known");
        assert!(estimate.min_seconds < 20, "{estimate:?}");
        assert!(estimate.max_seconds > 100, "{estimate:?}");
    }

    #[test]
    fn a_line_that_stands_still_is_not_guessed_at() {
        let estimator = Estimator::default();
        let now = moving(&estimator, Instant::now(), 100, 40);
        let now = moving(&estimator, now, 0, 15);
        assert_eq!(told(&estimator, 1000, now), None);
    }
}
