//! The built programs: beside this one, so of the same profile and with the same features.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use tokio::io::AsyncWriteExt as _;

use super::settings::Settings;

/// A program that was found.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    path: PathBuf,
}

impl Program {
    /// Tests are in `deps/` below the folder of the programs.
    pub(crate) fn find(name: &str) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("where this program is")?;
        let mut folder = own.parent().context("a program is in a folder")?;
        if folder.file_name() == Some(OsStr::new("deps")) {
            folder = folder.parent().unwrap_or(folder);
        }
        Self::in_folder(folder, name)
    }

    /// The program of this name in a folder.
    pub(crate) fn in_folder(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder.join(name);
        ensure!(
            path.exists(),
            "{name} is not built: run `cargo build --workspace --bins` first"
        );
        Ok(Self { path })
    }

    /// The program with these settings, and no others from outside.
    pub(crate) fn command(&self, arguments: &[&str], settings: &Settings) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .env_clear()
            .envs(settings.environment());
        command
    }

    /// Runs it to its end.
    pub(crate) async fn run(
        &self,
        arguments: &[&str],
        settings: &Settings,
        input: Option<&str>,
    ) -> anyhow::Result<()> {
        let what = format!("{} {}", self.path.display(), arguments.join(" "));
        let mut command = self.command(arguments, settings);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut command = tokio::process::Command::from(command);
        let mut child = command
            .kill_on_drop(true)
            .spawn()
            .with_context(|| what.clone())?;
        let mut to_child = child.stdin.take().context("its input is piped")?;
        let writing = async {
            // A program that ends without reading its input says itself what is wrong.
            let _ended = to_child
                .write_all(input.unwrap_or_default().as_bytes())
                .await;
            drop(to_child);
        };
        let ((), output) = tokio::join!(writing, child.wait_with_output());
        let output = output?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout);
            let complained = String::from_utf8_lossy(&output.stderr);
            bail!("{what} ended with {}:\n{said}{complained}", output.status);
        }
        Ok(())
    }
}
