//! What is done to the plant and when, all of it from one seed.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::proxy::{Lost, Way};

/// A part of the plant, by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A gateway, by its number.
    Gateway(usize),
    /// The booking behind the gateway of this number.
    Booking(usize),
    /// The Redis of all.
    Redis,
    /// The database of all.
    Database,
}

/// A connection between two parts; each goes through a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Fans to a gateway.
    Door(usize),
    /// A gateway to Redis.
    Line(usize),
    /// A gateway to its booking.
    House(usize),
    /// A booking to the database.
    Books(usize),
}

/// One blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// SIGKILL, and a new start when its time is over.
    Kill(Target),
    /// SIGSTOP, and SIGCONT when its time is over.
    Stall(Target),
    /// SIGTERM, and a new start.
    Restart(Target),
    /// Nothing arrives.
    Lose(Link, Lost),
    /// Everything arrives late.
    Slow(Link, Duration),
    /// Connections break after so many bytes in a direction.
    Cut(Link, Way, u64),
    /// All connections break at once.
    Reset(Link),
    /// The operator lets in so many a second from now on.
    Tune(u64),
}

/// A blow, how long after the one before, and how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// The pause before it.
    pub after: Duration,
    /// What is done.
    pub strike: Strike,
    /// How long until it is made good.
    pub lasts: Duration,
}

const TUNE_EVERY: Duration = Duration::from_millis(500);
/// Around what comes, and nothing at all now and then.
const RATES: std::ops::Range<u64> = 0..9;
const PAUSE_MS: std::ops::Range<u64> = 300..2_000;
const LASTS_MS: std::ops::Range<u64> = 200..2_500;
const SLOW_MS: std::ops::Range<u64> = 20..300;
/// Small enough to break in the middle of a statement or of a head.
const CUT_BYTES: std::ops::Range<u64> = 1..3_000;
/// An empty Redis stops the line for 15 s: more often, and nobody would ever get in.
const BETWEEN_LOSSES: Duration = Duration::from_secs(45);
/// Every storm loses Redis, when this share of its time is over and there is something to lose.
const FIRST_LOSS_AFTER: u32 = 3;

impl Strike {
    /// Whether Redis is empty afterwards.
    #[must_use]
    pub const fn empties_redis(self) -> bool {
        matches!(
            self,
            Self::Kill(Target::Redis) | Self::Restart(Target::Redis)
        )
    }
}

/// Another rate twice a second, for so long.
#[must_use]
pub fn restless_rate(seed: u64, lasts: Duration) -> Vec<Planned> {
    let mut rng = StdRng::seed_from_u64(seed);
    let times = lasts.as_millis() / TUNE_EVERY.as_millis();
    let tune = |_| Planned {
        after: TUNE_EVERY,
        strike: Strike::Tune(rng.random_range(RATES)),
        lasts: Duration::ZERO,
    };
    (0..times).map(tune).collect()
}

/// Blows for so long, against as many gateways.
#[must_use]
pub fn storm(seed: u64, lasts: Duration, gateways: usize) -> Vec<Planned> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut now = Duration::ZERO;
    let mut next_loss = lasts / FIRST_LOSS_AFTER;
    let mut is_due = true;
    let mut plan = Vec::new();
    loop {
        let mut planned = Planned {
            after: millis(&mut rng, PAUSE_MS),
            strike: strike(&mut rng, gateways),
            lasts: millis(&mut rng, LASTS_MS),
        };
        let at = now + planned.after;
        if at >= next_loss && is_due {
            planned.strike = Strike::Kill(Target::Redis);
            is_due = false;
        } else if planned.strike.empties_redis() && at < next_loss {
            continue;
        }
        if at + planned.lasts > lasts {
            return plan;
        }
        if planned.strike.empties_redis() {
            next_loss = at + BETWEEN_LOSSES;
        }
        now = at + planned.lasts;
        plan.push(planned);
    }
}

fn strike(rng: &mut StdRng, gateways: usize) -> Strike {
    let number = rng.random_range(0..gateways);
    let target = [
        Target::Gateway(number),
        Target::Booking(number),
        Target::Redis,
        Target::Database,
    ];
    let target = *target.choose(rng).unwrap_or(&Target::Redis);
    let link = [
        Link::Door(number),
        Link::Line(number),
        Link::House(number),
        Link::Books(number),
    ];
    let link = *link.choose(rng).unwrap_or(&Link::Line(number));
    let way = if rng.random() { Way::There } else { Way::Back };
    match rng.random_range(0..10) {
        0..3 => Strike::Kill(target),
        3 => Strike::Stall(target),
        4 => Strike::Restart(target),
        5 => Strike::Lose(link, Lost::Both),
        6 => Strike::Lose(link, Lost::One(way)),
        7 => Strike::Slow(link, millis(rng, SLOW_MS)),
        8 => Strike::Cut(link, way, rng.random_range(CUT_BYTES)),
        _ => Strike::Reset(link),
    }
}

fn millis(rng: &mut StdRng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.random_range(range))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateway(number) => write!(f, "gateway {number}"),
            Self::Booking(number) => write!(f, "booking {number}"),
            Self::Redis => f.write_str("Redis"),
            Self::Database => f.write_str("the database"),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Door(number) => write!(f, "fans to gateway {number}"),
            Self::Line(number) => write!(f, "gateway {number} to Redis"),
            Self::House(number) => write!(f, "gateway {number} to booking {number}"),
            Self::Books(number) => write!(f, "booking {number} to the database"),
        }
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lasts = self.lasts;
        match self.strike {
            Strike::Kill(target) => write!(f, "kill -9 {target}, back after {lasts:?}"),
            Strike::Stall(target) => write!(f, "stall {target} for {lasts:?}"),
            Strike::Restart(target) => write!(f, "restart {target}"),
            Strike::Lose(link, lost) => write!(f, "{link}: lose {lost:?} for {lasts:?}"),
            Strike::Slow(link, latency) => {
                write!(f, "{link}: {latency:?} later each way for {lasts:?}")
            }
            Strike::Cut(link, way, bytes) => {
                write!(f, "{link}: cut after {bytes} bytes {way:?} for {lasts:?}")
            }
            Strike::Reset(link) => write!(f, "{link}: reset"),
            Strike::Tune(rate) => write!(f, "the rate becomes {rate}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan() {
        let minute = Duration::from_mins(1);
        assert_eq!(storm(1, minute, 2), storm(1, minute, 2));
        assert_ne!(storm(1, minute, 2), storm(2, minute, 2));
        assert_ne!(restless_rate(1, minute), restless_rate(2, minute));
        assert_eq!(restless_rate(1, minute).len(), 120);
    }

    #[test]
    fn redis_is_lost_in_every_storm_and_not_more_often_than_the_line_can_bear() {
        for (seed, lasts) in (0..50).flat_map(|seed| [(seed, 10), (seed, 300)]) {
            let lasts = Duration::from_secs(lasts);
            let (mut now, mut lost_at) = (Duration::ZERO, None::<Duration>);
            for planned in storm(seed, lasts, 2) {
                now += planned.after;
                if planned.strike.empties_redis() {
                    assert!(lost_at.is_none_or(|lost| now >= lost + BETWEEN_LOSSES));
                    lost_at = Some(now);
                }
                now += planned.lasts;
            }
            assert!(now <= lasts && lost_at.is_some());
        }
    }
}
