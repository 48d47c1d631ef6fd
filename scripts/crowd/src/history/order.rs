//! Order: nobody is let in before a present fan with a lower ticket, and nobody's number rises.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::{Call, Entry, Fact, Findings, Outcome, Standing};

/// A poll is answered from a picture that may be a tick of 250 ms old, and another gateway's may be
/// new: what two devices of a fan are told within two ticks proves nothing about one another.
const PICTURE_AGE: Duration = Duration::from_millis(500);

/// Finds the fans who were still told to wait after a higher ticket was known to be in.
///
/// `called` says when each ticket was first seen called. One that missed its turn is passed by
/// others until it returns, which is no inversion.
#[must_use]
pub fn check_order(entries: &[Entry], called: &BTreeMap<u64, Duration>) -> Findings {
    let highest = highest_let_in(entries);
    let mut findings = Findings::new();
    for (entry, ticket, standing) in places(entries) {
        let Standing::Waiting(position) = standing else {
            continue;
        };
        let known_by = entry.invoked.saturating_sub(PICTURE_AGE);
        let before = highest.partition_point(|(known, _)| *known <= known_by);
        let Some((_, other)) = before.checked_sub(1).map(|last| highest[last]) else {
            continue;
        };
        let had_its_turn = called.get(&ticket).is_some_and(|at| *at <= entry.invoked);
        if other > ticket && !had_its_turn {
            findings.push(format!(
                "fan {} with ticket {ticket} waited at {position}, asked {:?} after the start, \
                 when ticket {other} was in",
                entry.fan, entry.invoked
            ));
        }
    }
    findings
}

/// Finds the fans whose number rose. Missing one's turn makes a 0 a 1 again: the one exception.
#[must_use]
pub fn check_positions(entries: &[Entry]) -> Findings {
    let mut last: HashMap<(u64, u64), (Duration, u64)> = HashMap::new();
    let mut findings = Findings::new();
    for (entry, ticket, standing) in places(entries) {
        let position = match standing {
            Standing::Waiting(position) => position,
            Standing::Active => 0,
            Standing::Over => continue,
        };
        let before = last.insert((entry.fan, ticket), (entry.returned, position));
        let Some((_, seen)) = before.filter(|(at, _)| *at + PICTURE_AGE <= entry.invoked) else {
            continue;
        };
        if position > seen && (seen, position) != (0, 1) {
            findings.push(format!(
                "fan {} with ticket {ticket} was told {seen} and then {position}",
                entry.fan
            ));
        }
    }
    findings
}

/// When a ticket was known to be in, and the highest known by then: ascending in both.
fn highest_let_in(entries: &[Entry]) -> Vec<(Duration, u64)> {
    let mut highest: Vec<(Duration, u64)> = Vec::new();
    for (entry, ticket, standing) in places(entries) {
        let above = highest.last().map_or(0, |(_, ticket)| *ticket);
        if standing == Standing::Active && ticket > above {
            highest.push((entry.returned, ticket));
        }
    }
    highest
}

/// Joins and polls that told a place, by the time of their answers.
pub(crate) fn places(entries: &[Entry]) -> impl Iterator<Item = (&Entry, u64, Standing)> {
    entries
        .iter()
        .filter_map(|entry| match (&entry.call, &entry.outcome) {
            (
                Call::Join | Call::Poll,
                Outcome::Ok(Fact::Place {
                    ticket, standing, ..
                }),
            ) => Some((entry, *ticket, *standing)),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(fan: u64, at: u64, standing: Standing) -> Entry {
        Entry {
            fan,
            call: Call::Poll,
            key: None,
            invoked: Duration::from_secs(at),
            returned: Duration::from_secs(at) + Duration::from_millis(1),
            outcome: Outcome::Ok(Fact::Place {
                ticket: fan,
                standing,
                estimate: None,
            }),
        }
    }

    #[test]
    fn a_lower_ticket_that_waits_after_a_higher_one_is_in_is_found() {
        let entries = [
            told(1, 0, Standing::Waiting(1)),
            told(2, 2, Standing::Active),
            told(1, 4, Standing::Waiting(1)),
        ];
        assert_eq!(check_order(&entries, &BTreeMap::new()).len(), 1);
        assert!(check_order(&entries[..2], &BTreeMap::new()).is_empty());
    }

    #[test]
    fn only_who_had_the_turn_before_may_be_passed() {
        let entries = [
            told(2, 2, Standing::Active),
            told(1, 4, Standing::Waiting(1)),
        ];
        let called_at = |at| BTreeMap::from([(1, Duration::from_secs(at))]);
        assert!(check_order(&entries, &called_at(3)).is_empty());
        assert_eq!(check_order(&entries, &called_at(5)).len(), 1);
    }

    #[test]
    fn a_poll_that_was_under_way_when_another_was_let_in_proves_nothing() {
        let entries = [
            told(2, 2, Standing::Active),
            told(1, 2, Standing::Waiting(1)),
        ];
        assert!(check_order(&entries, &BTreeMap::new()).is_empty());
    }

    #[test]
    fn what_was_told_within_the_age_of_a_picture_proves_nothing() {
        let soon = |entry: Entry, millis| Entry {
            invoked: entry.invoked + Duration::from_millis(millis),
            ..entry
        };
        let entries = [
            told(1, 0, Standing::Waiting(2)),
            soon(told(1, 0, Standing::Waiting(3)), 400),
        ];
        assert!(check_positions(&entries).is_empty());
        let entries = [
            told(2, 0, Standing::Active),
            soon(told(1, 0, Standing::Waiting(1)), 400),
        ];
        assert!(check_order(&entries, &BTreeMap::new()).is_empty());
    }

    #[test]
    fn a_number_that_rises_is_found() {
        let entries = [
            told(1, 0, Standing::Waiting(3)),
            told(1, 2, Standing::Waiting(2)),
            told(1, 4, Standing::Waiting(3)),
        ];
        assert_eq!(check_positions(&entries).len(), 1);
        assert!(check_positions(&entries[..2]).is_empty());
    }

    #[test]
    fn only_a_missed_turn_makes_a_number_of_nothing_and_it_is_one() {
        let again = |position| [told(1, 0, Standing::Active), told(1, 2, position)];
        assert!(check_positions(&again(Standing::Waiting(1))).is_empty());
        assert_eq!(check_positions(&again(Standing::Waiting(2))).len(), 1);
    }
}
