//! How long a wait will be, from how fast the line has moved: measured over a short and a long
//! window, and told as a range. Nothing is told while nothing is known.
//!
//! What was told is held against what came true, and published: an estimate nobody checks is noise.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shared::ids::Ticket;

const SHORT: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_mins(1);
/// A line that has moved for less time says nothing about its speed.
const KNOWN_AFTER: Duration = Duration::from_secs(5);
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

/// Places per second, over the two windows.
#[derive(Debug, Clone, Copy)]
struct Speeds {
    slow: f64,
    fast: f64,
}

#[derive(Default)]
struct Record {
    /// When, and how many places had been called or given up by then.
    marks: VecDeque<(Instant, u64)>,
    served: u64,
    /// As of the last mark, as far as they are known.
    speeds: Option<Speeds>,
    told: HashMap<Ticket, (Instant, Estimate)>,
}

/// The speed of one queue.
#[derive(Default)]
pub(crate) struct Estimator(Mutex<Record>);

impl Estimator {
    /// The line has moved by so many places since the last call.
    pub(crate) fn moved(&self, places: u64, now: Instant) {
        let mut record = self.lock();
        record.served += places;
        let mark = (now, record.served);
        record.marks.push_back(mark);
        while record.marks.front().is_some_and(|(at, _)| now - *at > LONG) {
            record.marks.pop_front();
        }
        record.speeds = record.measure(now);
    }

    /// Forgets the speed: after a loss or a gap the old one says nothing.
    pub(crate) fn forget(&self) {
        let mut record = self.lock();
        record.marks.clear();
        record.speeds = None;
    }

    /// How long the fan with this ticket will wait at this position. What a fan is told first is
    /// remembered, to hold it against the truth.
    pub(crate) fn tell(&self, ticket: Ticket, position: u64, now: Instant) -> Option<Estimate> {
        let mut record = self.lock();
        let estimate = record.speeds?.estimate(position);
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

impl Record {
    /// Places per second over this window, as far as it is known.
    fn speed(&self, window: Duration, now: Instant) -> Option<f64> {
        let begin = self.marks.iter().find(|(at, _)| now - *at <= window)?;
        let seconds = (now - begin.0).as_secs_f64();
        let served = self.served - begin.1;
        (seconds >= KNOWN_AFTER.as_secs_f64() && served > 0).then(|| as_f64(served) / seconds)
    }

    fn measure(&self, now: Instant) -> Option<Speeds> {
        let (short, long) = (self.speed(SHORT, now)?, self.speed(LONG, now)?);
        Some(Speeds {
            slow: short.min(long),
            fast: short.max(long),
        })
    }
}

impl Speeds {
    fn estimate(self, position: u64) -> Estimate {
        let places = as_f64(position);
        Estimate {
            min_seconds: whole((places / self.fast * (1.0 - SPREAD)).floor()),
            max_seconds: whole((places / self.slow * (1.0 + SPREAD)).ceil() + 1.0),
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
const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a wait is positive, and the cast saturates"
)]
const fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that moves by so many places a second, for so many seconds.
    fn moving(estimator: &Estimator, from: Instant, speed: u64, seconds: u64) -> Instant {
        for second in 0..=seconds {
            estimator.moved(speed, from + Duration::from_secs(second));
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
