//! Arrivals: when each fan knocks, computed from the seed before anything is sent.
//!
//! The loop is open: a slow system does not slow the crowd down, as it would if the next fan waited
//! for an answer to the one before.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// So many moments within this time, ascending. Independent and even, as the arrivals of people who
/// do not know each other are.
pub(super) fn arrivals(fans: u64, within: Duration, seed: u64) -> Vec<Duration> {
    let mut rng = StdRng::seed_from_u64(seed);
    let moment = |_| within.mul_f64(rng.random_range(0.0..1.0));
    let mut moments: Vec<Duration> = (0..fans).map(moment).collect();
    moments.sort_unstable();
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_even_ascending_and_repeat_with_the_seed() {
        let within = Duration::from_secs(10);
        let moments = arrivals(10_000, within, 5);
        assert_eq!(moments, arrivals(10_000, within, 5));
        assert!(moments.is_sorted() && moments.len() == 10_000);
        let half = moments.partition_point(|moment| *moment < within / 2);
        assert!(
            (4_800..5_200).contains(&half),
            "{half} of 10,000 in the first half"
        );
    }
}
