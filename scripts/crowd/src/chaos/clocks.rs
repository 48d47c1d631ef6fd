//! Clocks that are wrong by minutes, and what the rate may have let in by any moment.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::history::Findings;
use crate::system::settings::Settings;

/// Where Debian and others put it, below the folder of the machine's kind.
const LIBRARY: &str = "faketime/libfaketime.so.1";
const FOLDERS: [&str; 3] = ["/usr/lib", "/usr/lib64", "/usr/local/lib"];
/// A bucket holds two seconds of the rate.
const BURST_SECONDS: f64 = 2.0;
/// A change is read with the next tick, and until then time is paid at the rate before.
const READ_WITHIN: Duration = Duration::from_millis(1_200);
const STEP: Duration = Duration::from_millis(50);
/// Many small steps do not add up exactly.
const ROUNDING: f64 = 1e-6;

/// From a moment on, so many are let in a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuned {
    pub(super) at: Instant,
    pub(super) rate: u64,
}

/// Lets a process with these settings see a clock that is so many minutes ahead. Its steady clock
/// stays as it is.
///
/// # Errors
/// When libfaketime is not on this machine.
pub(super) fn set_ahead(settings: &mut Settings, minutes: i32) -> anyhow::Result<()> {
    if minutes != 0 {
        let library = library().context("libfaketime is missing (apt-get install libfaketime)")?;
        settings.set("LD_PRELOAD", library.display().to_string());
        settings.set("FAKETIME", format!("{minutes:+}m"));
        settings.set("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned());
    }
    Ok(())
}

/// Whether a process can be given a clock of its own on this machine.
#[must_use]
pub fn has_faketime() -> bool {
    library().is_some()
}

/// libfaketime, where it is installed.
fn library() -> Option<PathBuf> {
    let folders = FOLDERS.iter().map(Path::new).flat_map(|folder| {
        let below = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let below = below.map(|entry| entry.path());
        below.chain([folder.to_owned()])
    });
    folders
        .map(|folder| folder.join(LIBRARY))
        .find(|library| library.is_file())
}

/// By no moment have more been called than the rates allow: what they add up to, and one bucket.
pub(super) fn check_rate(rates: &[Tuned], mut called: Vec<Instant>) -> Findings {
    let mut findings = Findings::new();
    let Some(start) = rates.first() else {
        return findings;
    };
    called.sort();
    let burst = rates.iter().map(|tuned| tuned.rate).max().unwrap_or(0);
    let mut allowed = as_f64(burst) * BURST_SECONDS + 1.0 + ROUNDING;
    let mut now = start.at;
    for (before, moment) in called.iter().enumerate() {
        while now < *moment {
            allowed += as_f64(highest_around(rates, now)) * STEP.as_secs_f64();
            now += STEP;
        }
        let count = before as u64 + 1;
        if as_f64(count) > allowed {
            let at = moment.duration_since(start.at);
            findings.push(format!(
                "{count} were let in within {at:.1?}, and the rates allow {allowed:.0}"
            ));
        }
    }
    findings
}

/// The highest rate that may be in force at a moment.
fn highest_around(rates: &[Tuned], now: Instant) -> u64 {
    let began = |tuned: &Tuned| tuned.at <= now + STEP;
    let ends = rates.iter().skip(1).map(|next| Some(next.at)).chain([None]);
    let in_force = rates
        .iter()
        .zip(ends)
        .filter(|(tuned, end)| began(tuned) && end.is_none_or(|end| end + READ_WITHIN >= now));
    in_force.map(|(tuned, _)| tuned.rate).max().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(start: Instant, after_ms: &[u64]) -> Vec<Instant> {
        let at = |ms: &u64| start + Duration::from_millis(*ms);
        after_ms.iter().map(at).collect()
    }

    #[test]
    fn a_bucket_and_the_rate_are_allowed_and_one_more_is_found() {
        let start = Instant::now();
        let rates = [Tuned { at: start, rate: 2 }];
        // A bucket of four and one for the rounding; then two a second.
        let good = [0, 0, 0, 0, 0, 500, 1_000, 1_500, 2_000];
        assert!(check_rate(&rates, called(start, &good)).is_empty());
        let bad = [0, 0, 0, 0, 0, 0, 0];
        assert_eq!(check_rate(&rates, called(start, &bad)).len(), 2);
    }

    #[test]
    fn a_rate_that_was_changed_counts_until_it_is_read() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let rates = [
            Tuned { at: start, rate: 9 },
            Tuned {
                at: start + second,
                rate: 0,
            },
        ];
        assert_eq!(highest_around(&rates, start + second), 9);
        assert_eq!(highest_around(&rates, start + 3 * second), 0);
    }
}
