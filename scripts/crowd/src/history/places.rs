//! Places: nobody loses one while waiting, and no number of the line is given out twice.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::order::places;
use super::{Call, Entry, Findings, Standing};

/// The place that a fan was told last.
struct Last {
    ticket: u64,
    told: Duration,
    only_waited: bool,
}

/// Finds the fans who were given a later ticket while the one they had was only ever waiting, and
/// the tickets that two fans were told.
///
/// Who was called may have missed the turn too often, and who left asked for it: both may begin
/// again at the end of the line. `called` says when each ticket was first seen called.
#[must_use]
pub fn check_places(entries: &[Entry], called: &BTreeMap<u64, Duration>) -> Findings {
    let left = first_leaves(entries);
    let mut last: HashMap<u64, Last> = HashMap::new();
    let mut owners: HashMap<u64, u64> = HashMap::new();
    let mut findings = Findings::new();
    for (entry, ticket, standing) in places(entries) {
        let owner = *owners.entry(ticket).or_insert(entry.fan);
        if owner != entry.fan {
            let other = entry.fan;
            findings.push(format!(
                "ticket {ticket} was told to fans {owner} and {other}"
            ));
        }
        let waits = matches!(standing, Standing::Waiting(_));
        let has_left = left.get(&entry.fan).is_some_and(|at| *at < entry.returned);
        if let Some(before) = last.get(&entry.fan)
            && before.told <= entry.invoked
            && before.ticket < ticket
            && before.only_waited
            && !called.contains_key(&before.ticket)
            && !has_left
        {
            findings.push(format!(
                "fan {} waited with ticket {} and was given {ticket} at {:?}",
                entry.fan, before.ticket, entry.returned
            ));
        }
        let same = last
            .get(&entry.fan)
            .filter(|before| before.ticket == ticket);
        let only_waited = waits && same.is_none_or(|before| before.only_waited);
        let told = entry.returned;
        let now = Last {
            ticket,
            told,
            only_waited,
        };
        last.insert(entry.fan, now);
    }
    findings
}

/// When each fan first asked to leave; whether it was done is no matter.
fn first_leaves(entries: &[Entry]) -> HashMap<u64, Duration> {
    let mut leaves = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.call == Call::Leave) {
        leaves.entry(entry.fan).or_insert(entry.invoked);
    }
    leaves
}

#[cfg(test)]
mod tests {
    use super::super::{Fact, Outcome};
    use super::*;

    fn told(fan: u64, ticket: u64, at: u64, standing: Standing) -> Entry {
        let estimate = None;
        Entry {
            fan,
            call: Call::Join,
            key: None,
            invoked: Duration::from_millis(at),
            returned: Duration::from_millis(at + 1),
            outcome: Outcome::Ok(Fact::Place {
                ticket,
                standing,
                estimate,
            }),
        }
    }

    fn leaves(fan: u64, at: u64) -> Entry {
        Entry {
            call: Call::Leave,
            outcome: Outcome::Ok(Fact::Left),
            ..told(fan, 0, at, Standing::Over)
        }
    }

    fn found(entries: &[Entry]) -> usize {
        check_places(entries, &BTreeMap::new()).len()
    }

    #[test]
    fn a_place_that_is_lost_while_waiting_is_found() {
        let waits = |ticket, at| told(1, ticket, at, Standing::Waiting(1));
        assert_eq!(found(&[waits(5, 0), waits(5, 2), waits(9, 4)]), 1);
        assert_eq!(found(&[waits(5, 0), waits(5, 2)]), 0);
    }

    #[test]
    fn who_was_called_or_left_may_begin_again() {
        let waits = |ticket, at| told(1, ticket, at, Standing::Waiting(1));
        assert_eq!(found(&[told(1, 5, 0, Standing::Active), waits(9, 4)]), 0);
        assert_eq!(found(&[waits(5, 0), leaves(1, 2), waits(9, 4)]), 0);
        let called = BTreeMap::from([(5, Duration::ZERO)]);
        assert!(check_places(&[waits(5, 0), waits(9, 4)], &called).is_empty());
    }

    #[test]
    fn a_ticket_that_two_fans_were_told_is_found() {
        let waits = |fan| told(fan, 5, 0, Standing::Waiting(1));
        assert_eq!(found(&[waits(1), waits(2)]), 1);
    }
}
