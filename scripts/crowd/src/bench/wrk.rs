//! The load generator: wrk, with fans from a Lua script; the same one for both sides of a row.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::process::Command;

const THREADS: u8 = 2;
const CONNECTIONS: u8 = 64;
const KNOWN: &str = include_str!("../../peer/known.lua");
const NEWCOMERS: &str = include_str!("../../peer/newcomers.lua");

/// wrk with our scripts in a folder.
#[derive(Debug, Clone)]
pub(super) struct Wrk {
    folder: PathBuf,
    lasts: Duration,
}

impl Wrk {
    /// Runs that last so long each.
    pub(super) fn new(folder: &Path, lasts: Duration) -> anyhow::Result<Self> {
        std::fs::write(folder.join("known.lua"), KNOWN)?;
        std::fs::write(folder.join("newcomers.lua"), NEWCOMERS)?;
        Ok(Self {
            folder: folder.to_owned(),
            lasts,
        })
    }

    /// Requests a second by fans from a file of lines "path token".
    pub(super) async fn known(&self, address: &str, fans: &Path) -> anyhow::Result<f64> {
        let ran = self.run_known(address, fans).await?;
        Ok(ran.per_second)
    }

    /// The same by readers whom this header makes known.
    pub(super) async fn known_by(
        &self,
        header: &str,
        address: &str,
        readers: &Path,
    ) -> anyhow::Result<f64> {
        let readers = readers.to_str().context("a path of ours is text")?;
        let arguments = [readers, &THREADS.to_string(), header];
        let ran = self.run(address, "known.lua", &arguments).await?;
        Ok(ran.per_second)
    }

    /// The same run, told by how many requests were answered.
    pub(super) async fn count_known(&self, address: &str, fans: &Path) -> anyhow::Result<f64> {
        let ran = self.run_known(address, fans).await?;
        Ok(ran.requests)
    }

    async fn run_known(&self, address: &str, fans: &Path) -> anyhow::Result<Ran> {
        let fans = fans.to_str().context("a path of ours is text")?;
        self.run(address, "known.lua", &[fans, &THREADS.to_string()])
            .await
    }

    /// Joins a second by fans who were never seen before, from this user id on.
    pub(super) async fn newcomers(&self, address: &str, first: u64) -> anyhow::Result<f64> {
        let first = first.to_string();
        let ran = self.run(address, "newcomers.lua", &[&first]).await?;
        Ok(ran.per_second)
    }

    async fn run(&self, address: &str, script: &str, arguments: &[&str]) -> anyhow::Result<Ran> {
        let mut command = Command::new("wrk");
        command
            .arg(format!("-t{THREADS}"))
            .arg(format!("-c{CONNECTIONS}"))
            .arg(format!("-d{}s", self.lasts.as_secs().max(1)))
            .arg("-s")
            .arg(self.folder.join(script))
            .arg(format!("http://{address}"))
            .arg("--")
            .args(arguments);
        let output = command.output().await.context("running wrk")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "wrk failed: {text}");
        read(&text).with_context(|| format!("{script} on {address}"))
    }
}

/// What a run was.
#[derive(Debug, Clone, Copy)]
struct Ran {
    per_second: f64,
    requests: f64,
}

/// A run with refused or broken requests measured something else.
fn read(text: &str) -> anyhow::Result<Ran> {
    for trouble in ["Non-2xx", "Socket errors"] {
        if let Some(line) = text.lines().find(|line| line.contains(trouble)) {
            bail!("wrk says: {}", line.trim());
        }
    }
    let per_second = text
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"));
    let requests = text
        .lines()
        .find_map(|line| line.split_once(" requests in "));
    let (Some(per_second), Some((requests, _))) = (per_second, requests) else {
        bail!("no figures in: {text}");
    };
    Ok(Ran {
        per_second: per_second.trim().parse()?,
        requests: requests.trim().parse()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_read_and_a_run_with_errors_is_none() {
        let good = "  10 requests in 1.00s\nRequests/sec:  12345.67\n";
        let ran = read(good).expect("figures");
        assert!((ran.per_second - 12_345.67).abs() < 1e-9);
        assert!((ran.requests - 10.0).abs() < 1e-9);
        let bad = format!("{good}  Non-2xx or 3xx responses: 3\n");
        assert!(read(&bad).is_err());
    }
}
