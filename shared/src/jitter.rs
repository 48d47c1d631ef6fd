//! Spreads waits, so that clients and retries do not come back all in the same moment.

use std::time::Duration;

use rand::Rng;

/// The duration, spread by a fifth to both sides.
#[must_use]
pub fn jittered(duration: Duration) -> Duration {
    duration.mul_f64(rand::rng().random_range(0.8..=1.2))
}
