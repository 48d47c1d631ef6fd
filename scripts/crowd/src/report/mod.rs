//! The report: one page that needs nothing else, and the same as JSON.

mod latency;
mod page;
pub(crate) mod plot;
pub(crate) mod scale;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::load::{Check, Outcome, Verdict};

/// Writes `SCENARIO.html` and `SCENARIO.json` into the folder, and returns their paths.
///
/// # Errors
/// When the folder cannot be written.
pub fn write(outcome: &Outcome, folder: &Path) -> anyhow::Result<[PathBuf; 2]> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let path = |end: &str| folder.join(format!("{}.{end}", outcome.scenario));
    let paths = [path("html"), path("json")];
    fs::write(&paths[0], page::page(outcome)).with_context(|| paths[0].display().to_string())?;
    let json = serde_json::to_string_pretty(outcome)?;
    fs::write(&paths[1], json + "\n").with_context(|| paths[1].display().to_string())?;
    Ok(paths)
}

/// The figures and the checks for a terminal: one line each, and the first findings.
#[must_use]
pub fn summary(outcome: &Outcome) -> String {
    let figures = outcome.figures.iter();
    let figures = figures.map(|(name, value)| format!("{name:>45}: {value}\n"));
    let latency = outcome.latency.iter().map(|row| {
        let (call, count) = (row.call, row.count);
        format!(
            "{call:>12} {count:>8} calls, p50 {:.1} ms, p99 {:.1} ms\n",
            row.p50, row.p99
        )
    });
    let counts = outcome.refusals.iter().chain(&outcome.homes);
    let counts = counts.map(|(word, count)| format!("{count:>12} x {word}\n"));
    let lines = figures.chain(latency).chain(counts);
    lines.chain(outcome.checks.iter().map(told)).collect()
}

/// One check, and the first of what it found.
fn told(check: &Check) -> String {
    let (name, word) = (check.name, word(check.verdict));
    let first = format!("{word:>12}  {name:<8} {} ({})\n", check.promise, check.note);
    let findings = check.findings.iter();
    let findings = findings.map(|finding| format!("{:>14}{finding}\n", ""));
    let untold = check.found - check.findings.len();
    let more = (untold > 0).then(|| format!("{:>14}and {untold} more\n", ""));
    std::iter::once(first).chain(findings).chain(more).collect()
}

/// Which promises held, which did not, and which were not checked.
#[must_use]
pub fn sentence(outcome: &Outcome) -> String {
    let names = |verdict: Verdict| {
        let some = outcome
            .checks
            .iter()
            .filter(|check| check.verdict == verdict);
        some.map(|check| check.name).collect::<Vec<_>>().join(", ")
    };
    let told = [
        ("Held", names(Verdict::Held)),
        ("Broken", names(Verdict::Broken)),
        ("Not checked", names(Verdict::NotChecked)),
    ];
    let told = told.iter().filter(|(_, names)| !names.is_empty());
    told.map(|(start, names)| format!("{start}: {names}."))
        .collect::<Vec<_>>()
        .join(" ")
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Held => "held",
        Verdict::Broken => "BROKEN",
        Verdict::NotChecked => "not checked",
    }
}
