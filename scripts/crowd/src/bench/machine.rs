//! Where a figure was measured: without it no figure means anything.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::Context as _;

use crate::witness::gauge::Gauge;

/// Processor, cores, kernel, revision and the versions of what stands beside us.
pub(super) fn describe() -> anyhow::Result<BTreeMap<&'static str, String>> {
    let url = std::env::var("REDIS_URL").context("REDIS_URL is not set")?;
    let cores = std::thread::available_parallelism()?;
    let mut machine = BTreeMap::from([
        ("machine", format!("{} x {}", cores, processor())),
        ("kernel", said_by("uname", &["-sr"])),
        (
            "revision",
            said_by("git", &["describe", "--always", "--dirty"]),
        ),
        ("redis", Gauge::new(&url)?.version()?),
    ]);
    if let Ok(version) = std::env::var("DATABASE_VERSION") {
        machine.insert("database", version);
    }
    Ok(machine)
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let name = name.map(|rest| rest.trim_start_matches([' ', '\t', ':']));
    name.unwrap_or("unknown processor").to_owned()
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}
