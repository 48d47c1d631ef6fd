//! The tickets that have ended lately, by fan: what has ended is refused at once, whatever a view
//! says that was asked for earlier. Older ends are forgotten, and asked for.

use std::collections::HashMap;

use shared::ids::{Ticket, UserId};

/// So many ends are remembered at least, and at most twice as many.
const REMEMBERED: usize = 50_000;

/// The highest ended ticket of each fan, in two generations.
#[derive(Default)]
pub(super) struct Ends([HashMap<UserId, Ticket>; 2]);

impl Ends {
    /// The ticket and all of the fan's before it have ended.
    pub(super) fn add(&mut self, user: UserId, ticket: Ticket) {
        if self.0[0].len() >= REMEMBERED {
            self.0.swap(0, 1);
            self.0[0].clear();
        }
        let known = self.0[0].entry(user).or_insert(ticket);
        *known = ticket.max(*known);
    }

    /// Whether the ticket is known to have ended.
    pub(super) fn cover(&self, user: UserId, ticket: Ticket) -> bool {
        let ended = self.0.iter().filter_map(|ends| ends.get(&user));
        ended.max().is_some_and(|ended| *ended >= ticket)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (UserId, Ticket)> {
        let all = self.0.iter().flatten();
        all.map(|(user, ticket)| (*user, *ticket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_ends_are_remembered_and_the_oldest_forgotten() {
        let mut ends = Ends::default();
        let fan = |number| UserId::new(number).expect("a good number");
        let count = 3 * REMEMBERED as u64;
        for number in 1..=count {
            ends.add(fan(number), Ticket(number));
        }
        assert!(ends.cover(fan(count), Ticket(count)));
        assert!(ends.cover(fan(count), Ticket(count - 1)), "a lower one too");
        assert!(
            !ends.cover(fan(count), Ticket(count + 1)),
            "not a later one"
        );
        assert!(ends.cover(fan(count - REMEMBERED as u64), Ticket(1)));
        assert!(!ends.cover(fan(1), Ticket(1)));
        assert!(ends.iter().count() <= 2 * REMEMBERED);
    }
}
