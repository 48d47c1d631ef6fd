//! The best seats that are left: together in one row, as near to the stage as can be, and so that
//! no single seat is left beside them where that can be avoided.

use std::cmp::Reverse;

use super::seat::MAX_SEATS_A_CALL;
use crate::refusal::Refusal;

/// How many seats are wanted together: 1 to [`MAX_SEATS_A_CALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(i64);

impl Count {
    /// So many seats.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] when it is none or too many.
    pub fn new(count: i64) -> Result<Self, Refusal> {
        let most = i64::try_from(MAX_SEATS_A_CALL).unwrap_or(i64::MAX);
        if (1..=most).contains(&count) {
            Ok(Self(count))
        } else {
            Err(Refusal::invalid("count", format!("must be 1 to {most}")))
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// Free seats of one row and one price whose numbers follow each other. A gap in the numbers is an
/// aisle: seats on both sides of it are not together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The row's label.
    pub row: String,
    /// The price of each, in won.
    pub price: i64,
    /// The number of the first one.
    pub first: i64,
    /// How many they are.
    pub seats: i64,
    /// The number of the first seat of the whole row, free or not.
    pub row_first: i64,
    /// The number of its last seat.
    pub row_last: i64,
}

/// Seats that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The number of the first one.
    pub first: i64,
    /// The number of the last one.
    pub last: i64,
}

/// So many seats together, out of these runs: of the dearest price first, then leaving no single
/// seat, then in the foremost row, then nearest to its middle. Rows that are labelled alike, in two
/// sections, come in the order of their numbers.
///
/// `passed_over` skips so many better blocks that do not overlap, or as many as there are: who has
/// just lost the best one to a rival should not meet the same rival at the next.
#[must_use]
pub fn choose(runs: &[Run], count: Count, passed_over: usize) -> Option<Block> {
    let mut left = runs.to_vec();
    let mut chosen = None;
    for _ in 0..=passed_over {
        let Some((index, block)) = best(&left, count) else {
            break;
        };
        chosen = Some(block);
        let run = left.swap_remove(index);
        left.extend(rest(run, block));
    }
    chosen
}

/// The most seats that are together.
#[must_use]
pub fn most_together(runs: &[Run]) -> i64 {
    runs.iter().map(|run| run.seats).max().unwrap_or_default()
}

fn best(runs: &[Run], count: Count) -> Option<(usize, Block)> {
    let blocks = runs.iter().enumerate().flat_map(|(index, run)| {
        let rank = row_rank(&run.row);
        let starts = run.first..=run.first + run.seats - count.0;
        starts.map(move |first| {
            let last = first + count.0 - 1;
            let block = Block { first, last };
            let key = (
                Reverse(run.price),
                leaves_a_single(run, block),
                rank,
                run.row_first,
                off_centre(run, block),
                first,
            );
            (key, index, block)
        })
    });
    let best = blocks.min_by(|(one, ..), (other, ..)| one.cmp(other));
    best.map(|(_, index, block)| (index, block))
}

/// Whether a seat is left alone on either side, between the block and the end of the run.
fn leaves_a_single(run: &Run, block: Block) -> bool {
    let before = block.first - run.first;
    let after = run.first + run.seats - 1 - block.last;
    before == 1 || after == 1
}

/// Twice the distance between the middle of the block and the middle of the row.
fn off_centre(run: &Run, block: Block) -> i64 {
    ((block.first + block.last) - (run.row_first + run.row_last)).abs()
}

/// Rows from the stage backwards: 1, 2, 10, then A, B, Z, AA.
fn row_rank(label: &str) -> (bool, u64, usize, &str) {
    match label.parse() {
        Ok(number) => (false, number, 0, ""),
        Err(_) => (true, 0, label.chars().count(), label),
    }
}

/// What a run is without a block in it.
fn rest(run: Run, block: Block) -> impl Iterator<Item = Run> {
    let end = run.first + run.seats;
    let before = (run.first, block.first - run.first);
    let after = (block.last + 1, end - 1 - block.last);
    [before, after]
        .into_iter()
        .filter(|(_, seats)| *seats > 0)
        .map(move |(first, seats)| Run {
            first,
            seats,
            ..run.clone()
        })
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng as _, SeedableRng as _};

    use super::*;

    fn run(row: &str, price: i64, first: i64, seats: i64) -> Run {
        let row_first = (first - 1) / 10 * 10 + 1;
        Run {
            row: row.to_owned(),
            price,
            first,
            seats,
            row_first,
            row_last: row_first + 9,
        }
    }

    fn count(count: i64) -> Count {
        Count::new(count).expect("a count")
    }

    fn chosen(runs: &[Run], wanted: i64) -> Option<(i64, i64)> {
        choose(runs, count(wanted), 0).map(|block| (block.first, block.last))
    }

    #[test]
    fn one_to_four_seats_may_be_wanted() {
        assert!(Count::new(1).is_ok() && Count::new(4).is_ok());
        assert!(Count::new(0).is_err() && Count::new(5).is_err());
    }

    #[test]
    fn the_middle_of_the_foremost_row_is_best() {
        let hall = [run("B", 1, 11, 10), run("A", 1, 1, 10)];
        assert_eq!(chosen(&hall, 2), Some((5, 6)));
        assert_eq!(chosen(&hall, 4), Some((4, 7)));
        assert_eq!(
            chosen(&[run("10", 1, 11, 10), run("9", 1, 1, 10)], 2),
            Some((5, 6))
        );
    }

    #[test]
    fn the_dearest_seats_come_first() {
        let hall = [run("A", 1, 1, 10), run("B", 2, 11, 10)];
        assert_eq!(chosen(&hall, 2), Some((15, 16)));
    }

    #[test]
    fn no_single_seat_is_left_where_another_row_can_do_without() {
        // Three free seats: two of them would leave one alone, in the foremost row too.
        let hall = [run("A", 1, 5, 3), run("B", 1, 11, 10)];
        assert_eq!(chosen(&hall, 2), Some((15, 16)));
        assert_eq!(chosen(&hall[..1], 2), Some((5, 6)));
        assert_eq!(chosen(&hall, 3), Some((5, 7)));
    }

    #[test]
    fn who_passes_better_ones_over_gets_the_next_or_the_last() {
        let hall = [run("A", 1, 1, 10)];
        let nth = |skip| choose(&hall, count(2), skip).map(|block| block.first);
        assert_eq!((nth(0), nth(1), nth(2)), (Some(5), Some(3), Some(7)));
        assert_eq!(nth(99), nth(4), "there are five");
        assert_eq!(choose(&[], count(1), 3), None);
    }

    /// A hall of some rows with holes in it.
    fn random_hall(dice: &mut StdRng) -> Vec<Run> {
        let mut runs = Vec::new();
        for row in 0..dice.random_range(1..5_i64) {
            let price = dice.random_range(1..3);
            let label = (row + 1).to_string();
            let mut first = row * 10 + 1;
            while first <= row * 10 + 10 {
                let seats = dice.random_range(1..=row * 10 + 11 - first);
                if dice.random_bool(0.6) {
                    runs.push(run(&label, price, first, seats));
                }
                // At least one seat between two runs is not free.
                first += seats + 1;
            }
        }
        runs
    }

    #[test]
    fn whatever_is_chosen_is_free_together_and_leaves_a_single_only_if_it_must() {
        let mut dice = StdRng::seed_from_u64(6);
        for _ in 0..5_000 {
            let hall = random_hall(&mut dice);
            let wanted = count(dice.random_range(1..=4));
            let fits = |run: &&Run| run.seats >= wanted.get();
            let Some(block) = choose(&hall, wanted, 0) else {
                assert_eq!(hall.iter().find(fits), None, "{hall:?}");
                assert!(most_together(&hall) < wanted.get());
                continue;
            };
            assert_eq!(block.last - block.first + 1, wanted.get());
            let around =
                |run: &&Run| run.first <= block.first && block.last < run.first + run.seats;
            let home = hall.iter().find(around).expect("free seats of one run");
            let dearest = hall.iter().filter(fits).map(|run| run.price).max();
            assert_eq!(Some(home.price), dearest, "{hall:?}");
            let same = || {
                hall.iter()
                    .filter(fits)
                    .filter(|run| run.price == home.price)
            };
            let avoidable = |run: &Run| run.seats != wanted.get() + 1;
            if leaves_a_single(home, block) {
                assert!(!same().any(avoidable), "{wanted:?} {block:?} {hall:?}");
            } else {
                let foremost = same()
                    .filter(|run| avoidable(run))
                    .map(|run| run.row_first)
                    .min();
                assert_eq!(Some(home.row_first), foremost, "{wanted:?} {hall:?}");
            }
        }
    }

    #[test]
    fn blocks_that_are_passed_over_never_overlap() {
        let mut dice = StdRng::seed_from_u64(7);
        for _ in 0..500 {
            let hall = random_hall(&mut dice);
            let wanted = count(dice.random_range(1..=4));
            let blocks: Vec<Block> = (0..8).map_while(|n| choose(&hall, wanted, n)).collect();
            for (index, one) in blocks.iter().enumerate() {
                for other in &blocks[index + 1..] {
                    assert!(one == other || one.last < other.first || other.last < one.first);
                }
            }
        }
    }
}
