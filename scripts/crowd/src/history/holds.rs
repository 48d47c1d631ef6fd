//! Holds: a seat that was acknowledged is kept for its whole time.

use std::collections::HashMap;
use std::time::Duration;

use super::{Call, Entry, Fact, Findings, Outcome};

/// Finds the payments that were refused for want of a hold that had been promised for `length` and
/// was younger.
#[must_use]
pub fn check_holds(entries: &[Entry], length: Duration) -> Findings {
    let mut live: HashMap<u64, Vec<Duration>> = HashMap::new();
    let mut findings = Findings::new();
    for entry in entries {
        match (&entry.call, &entry.outcome) {
            (_, Outcome::Ok(Fact::Held(_))) => {
                live.entry(entry.fan).or_default().push(entry.invoked);
            }
            (Call::Pay { .. }, Outcome::Ok(_)) => drop(live.remove(&entry.fan)),
            (Call::Pay { .. }, Outcome::Refused { code, .. }) if code != "insufficient_balance" => {
                let held = live.get(&entry.fan).map_or(&[][..], Vec::as_slice);
                if let Some(held) = held.iter().find(|held| entry.returned < **held + length) {
                    findings.push(format!(
                        "fan {} held a seat since {held:?} and was refused at {:?}: {code}",
                        entry.fan, entry.returned
                    ));
                }
            }
            _ => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::Reserved;
    use super::*;

    fn entry(at: u64, call: Call, outcome: Outcome) -> Entry {
        Entry {
            fan: 1,
            call,
            key: None,
            invoked: Duration::from_secs(at),
            returned: Duration::from_secs(at),
            outcome,
        }
    }

    #[test]
    fn a_hold_that_was_lost_before_its_end_is_found() {
        let held = Fact::Held(Reserved {
            reservation: Uuid::nil(),
            status: "reserved".to_owned(),
            seats: vec![1],
            amount: 1,
        });
        let refused = |at| {
            let (status, code) = (410, "hold_expired".to_owned());
            entry(
                at,
                Call::Pay { amount: 1 },
                Outcome::Refused { status, code },
            )
        };
        let reserve = entry(0, Call::Reserve { seat: 1 }, Outcome::Ok(held));
        let length = Duration::from_mins(5);
        assert_eq!(
            check_holds(&[reserve.clone(), refused(299)], length).len(),
            1
        );
        assert!(check_holds(&[reserve, refused(300)], length).is_empty());
    }
}
