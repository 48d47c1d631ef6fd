//! The figures of a run, from its history.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::history::{Entry, Outcome};

/// How long calls took, and how they were refused.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    calls: BTreeMap<&'static str, Vec<Duration>>,
    refusals: BTreeMap<String, usize>,
}

impl Summary {
    /// The figures of these calls.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        let mut summary = Self::default();
        for entry in entries {
            let took = entry.returned.saturating_sub(entry.invoked);
            summary
                .calls
                .entry(entry.call.name())
                .or_default()
                .push(took);
            let code = match &entry.outcome {
                Outcome::Ok(_) => continue,
                Outcome::Refused { code, .. } => code.clone(),
                Outcome::Unknown { status, why } => format!("{status:?} {why}"),
            };
            *summary.refusals.entry(code).or_default() += 1;
        }
        for times in summary.calls.values_mut() {
            times.sort_unstable();
        }
        summary
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (call, times) in &self.calls {
            let (half, most) = (percentile(times, 50), percentile(times, 99));
            let count = times.len();
            writeln!(
                f,
                "{call:>8}: {count:>7} calls, p50 {half:.1?}, p99 {most:.1?}"
            )?;
        }
        for (code, count) in &self.refusals {
            writeln!(f, "{count:>17} x {code}")?;
        }
        Ok(())
    }
}

/// The smallest time that so many percent do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
    }
}
