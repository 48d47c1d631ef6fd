//! Characters: what one fan is like, drawn from the seed, so that a run can be repeated.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::scenario::Temper;

/// Told apart from the fan's own choices, which begin at the same seed.
const SALT: u64 = 0x9e37_79b9_7f4a_7c15;
/// Who stops polling or gives up does so after at most as many polls.
const POLLS: std::ops::Range<usize> = 1..10;

/// What one fan is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Character {
    pub(super) ending: Ending,
    /// How many seats the fan wants.
    pub(super) seats: usize,
    /// Joins again, instead of polling, at each so many polls.
    pub(super) reloads_every: Option<usize>,
    /// Waits on a second device as well.
    pub(super) has_two_devices: bool,
}

/// How the visit is meant to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With seats.
    Buys,
    /// With a hold that is never paid.
    LetsLapse,
    /// After so many polls, by leaving the line.
    GivesUp(usize),
    /// After so many polls, without a word.
    GoesQuiet(usize),
    /// When it would be the fan's turn, without a word.
    NeverEnters,
}

impl Character {
    /// The character of this user in this run.
    pub(super) fn of(user: u64, seed: u64, temper: &Temper) -> Self {
        let mut rng = StdRng::seed_from_u64((seed ^ SALT).wrapping_add(user));
        let ending = ending(&mut rng, temper);
        Self {
            ending,
            seats: if happens(&mut rng, temper.in_pairs) {
                2
            } else {
                1
            },
            reloads_every: happens(&mut rng, temper.reload).then(|| rng.random_range(2..6)),
            has_two_devices: happens(&mut rng, temper.two_devices),
        }
    }
}

/// The four ways not to buy exclude each other.
fn ending(rng: &mut StdRng, temper: &Temper) -> Ending {
    let mut rest = rng.random_range(0..100);
    let polls = rng.random_range(POLLS);
    let ways = [
        (temper.go_quiet, Ending::GoesQuiet(polls)),
        (temper.never_enter, Ending::NeverEnters),
        (temper.give_up, Ending::GivesUp(polls)),
        (temper.let_lapse, Ending::LetsLapse),
    ];
    for (percent, way) in ways {
        if rest < percent {
            return way;
        }
        rest -= percent;
    }
    Ending::Buys
}

fn happens(rng: &mut StdRng, percent: u32) -> bool {
    rng.random_range(0..100) < percent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::named;

    fn crowd(seed: u64) -> Vec<Character> {
        let temper = named("opening").expect("a scenario").temper;
        (1..=10_000)
            .map(|user| Character::of(user, seed, &temper))
            .collect()
    }

    #[test]
    fn the_same_seed_brings_the_same_people_and_another_others() {
        assert_eq!(crowd(1), crowd(1));
        assert_ne!(crowd(1), crowd(2));
    }

    #[test]
    fn every_kind_comes_about_as_often_as_asked() {
        let crowd = crowd(3);
        let share = |is: fn(&Ending) -> bool| crowd.iter().filter(|one| is(&one.ending)).count();
        let quiet = share(|ending| matches!(ending, Ending::GoesQuiet(_)));
        let buyers = share(|ending| *ending == Ending::Buys);
        assert!((400..600).contains(&quiet), "{quiet} of 10,000 go quiet");
        assert!((8_300..8_700).contains(&buyers), "{buyers} of 10,000 buy");
    }
}
