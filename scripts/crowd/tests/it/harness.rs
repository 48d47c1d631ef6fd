//! What the tests share: a crowd at the doors of a system, and the verdict at the end.

use std::future::Future;
use std::time::Duration;

use anyhow::ensure;
use crowd::client::Client;
use crowd::fan::{Crowd, Fan, Stop};
use crowd::history::{Findings, History, check_all};
use crowd::system::System;
use crowd::witness::line::Seen;
use tokio::task::JoinSet;

/// How long booking keeps a seat (`HOLD_SECONDS`).
const HOLD: Duration = Duration::from_mins(5);
/// Of many findings the first ones tell enough.
const FINDINGS_TOLD: usize = 20;
/// Of a fan's story the end is what matters.
const LINES_TOLD: usize = 20;

/// The full length of the long tests (`scripts/test --deep`).
pub(crate) fn is_deep() -> bool {
    std::env::var_os("STAGEDOOR_DEEP").is_some()
}

/// Whose choices repeat with `scripts/test --seed`.
pub(crate) fn crowd_at(system: &System) -> Crowd {
    let seed = std::env::var("STAGEDOOR_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    Crowd {
        doors: system.doors().into(),
        client: Client::new(),
        history: History::new(),
        seed: seed.unwrap_or_else(rand::random),
    }
}

/// All fans do the same at once; each is given back with how it ended.
pub(crate) async fn all<Doing>(
    fans: Vec<Fan>,
    deed: impl Fn(Fan) -> Doing,
) -> anyhow::Result<Vec<(Fan, Result<(), Stop>)>>
where
    Doing: Future<Output = (Fan, Result<(), Stop>)> + Send + 'static,
{
    let mut crowd: JoinSet<_> = fans.into_iter().map(deed).collect();
    let mut ended = Vec::new();
    while let Some(fan) = crowd.join_next().await {
        ended.push(fan?);
    }
    Ok(ended)
}

/// What one fan was told last.
pub(crate) fn story(fan: &Fan, history: &History) -> String {
    let entries = history.entries();
    let own: Vec<_> = entries
        .iter()
        .filter(|entry| entry.fan == fan.user())
        .collect();
    let last = own.iter().skip(own.len().saturating_sub(LINES_TOLD));
    last.fold(String::new(), |story, entry| format!("{story}{entry:?}\n"))
}

/// Everything that fans were told holds, and the database agrees.
pub(crate) async fn judge(system: &System, history: &History, seen: &Seen) -> anyhow::Result<()> {
    system.audit().await?;
    let called = seen.called.iter();
    let called = called
        .map(|(ticket, moment)| (*ticket, history.at(*moment)))
        .collect();
    let findings = check_all(&history.entries(), &called, &system.books().await?, HOLD);
    none(&findings)
}

/// Fails with the first findings when there are any.
pub(crate) fn none(findings: &Findings) -> anyhow::Result<()> {
    let told = findings[..findings.len().min(FINDINGS_TOLD)].join("\n");
    ensure!(findings.is_empty(), "{} findings:\n{told}", findings.len());
    Ok(())
}
