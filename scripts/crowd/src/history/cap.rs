//! Cap: how many fans certainly had a session at the same moment, by what they were told alone.

use std::collections::HashMap;
use std::time::Duration;

use super::{Entry, Fact, Outcome, Standing};

/// The most sessions that certainly ran at once.
///
/// A session certainly runs from the moment its fan was told so until the last call was invoked
/// that only a fan in a session is answered. It was there before and lasted longer, so the true
/// figure may be higher, never lower.
#[must_use]
pub fn most_sessions_at_once(entries: &[Entry]) -> usize {
    let mut changes: Vec<(Duration, isize)> = Vec::new();
    for (began, ended) in certain_sessions(entries) {
        changes.push((began, 1));
        changes.push((ended, -1));
    }
    // At the same instant the end comes first: it is not certain that both ran.
    changes.sort_unstable();
    let (mut running, mut most) = (0_isize, 0_isize);
    for (_, change) in changes {
        running += change;
        most = most.max(running);
    }
    most.unsigned_abs()
}

fn certain_sessions(entries: &[Entry]) -> Vec<(Duration, Duration)> {
    let mut open: HashMap<u64, (Duration, Duration)> = HashMap::new();
    let mut closed = Vec::new();
    for entry in entries {
        match proof_of(entry) {
            Proof::Runs => {
                let session = open
                    .entry(entry.fan)
                    .or_insert((entry.returned, entry.returned));
                session.1 = session.1.max(entry.invoked);
            }
            Proof::IsOver => closed.extend(open.remove(&entry.fan)),
            Proof::None => {}
        }
    }
    closed.extend(open.into_values());
    closed.retain(|(began, ended)| began < ended);
    closed
}

/// What an answer says about its fan's session.
enum Proof {
    Runs,
    IsOver,
    None,
}

fn proof_of(entry: &Entry) -> Proof {
    match &entry.outcome {
        Outcome::Ok(Fact::Place { standing, .. }) if *standing == Standing::Active => Proof::Runs,
        Outcome::Ok(Fact::Looked | Fact::Held(_) | Fact::Charged(_)) => Proof::Runs,
        Outcome::Ok(Fact::Place { .. } | Fact::Paid(_) | Fact::Left) => Proof::IsOver,
        Outcome::Refused { code, .. } if code == "session_expired" => Proof::IsOver,
        Outcome::Refused { code, .. } if code == "not_admitted" => Proof::IsOver,
        _ => Proof::None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Call;
    use super::*;

    fn told(fan: u64, at: u64, fact: Fact) -> Entry {
        Entry {
            fan,
            call: Call::Poll,
            key: None,
            invoked: Duration::from_millis(at),
            returned: Duration::from_millis(at + 1),
            outcome: Outcome::Ok(fact),
        }
    }

    fn let_in(fan: u64, at: u64) -> Entry {
        let fact = Fact::Place {
            ticket: fan,
            standing: Standing::Active,
            estimate: None,
        };
        told(fan, at, fact)
    }

    fn looks(fan: u64, at: u64) -> Entry {
        told(fan, at, Fact::Looked)
    }

    fn pays(fan: u64, at: u64) -> Entry {
        told(fan, at, Fact::Paid(Vec::new()))
    }

    #[test]
    fn sessions_that_overlap_are_counted() {
        let entries = [
            let_in(1, 0),
            let_in(2, 1),
            looks(1, 4),
            pays(1, 5),
            let_in(3, 6),
            looks(2, 8),
            looks(3, 9),
            pays(3, 10),
        ];
        assert_eq!(most_sessions_at_once(&entries), 2);
    }

    #[test]
    fn a_session_that_follows_another_does_not_overlap_it() {
        let entries = [
            let_in(1, 0),
            looks(1, 4),
            pays(1, 5),
            let_in(2, 7),
            looks(2, 9),
        ];
        assert_eq!(most_sessions_at_once(&entries), 1);
    }
}
