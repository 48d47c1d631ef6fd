//! Answers: whatever happens, a fan sees only what the contract documents.

use super::{Entry, Findings, Outcome};

/// Finds the answers that no fan should see: a 5xx other than a deliberate 503, or something that
/// is no answer of ours.
#[must_use]
pub fn check_answers(entries: &[Entry]) -> Findings {
    let is_ours = |status: u16| status < 500 || status == 503;
    let broken = entries.iter().filter_map(|entry| match &entry.outcome {
        Outcome::Unknown {
            status: Some(status),
            why,
        } if !is_ours(*status) => Some(format!(
            "fan {}, {:?}: {status} {why}",
            entry.fan, entry.call
        )),
        Outcome::Unknown {
            status: Some(status),
            why,
        } if *status < 500 => Some(format!(
            "fan {}, {:?}: unreadable: {status} {why}",
            entry.fan, entry.call
        )),
        _ => None,
    });
    broken.collect()
}
