//! One process of the plant: it can be killed, stalled, told to stop, and started again where it
//! was.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What a soft stop may take before it counts as one that never ends.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How it is started, always alike.
type Recipe = Box<dyn Fn() -> Command + Send>;

/// A process by name. It ends with its value.
pub(super) struct Part {
    pub(super) name: String,
    recipe: Recipe,
    log: PathBuf,
    child: Option<Child>,
}

impl Part {
    /// A part that is not started yet; what it says is added to this file.
    pub(super) fn new(
        name: &str,
        log: PathBuf,
        recipe: impl Fn() -> Command + Send + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            recipe: Box::new(recipe),
            log,
            child: None,
        }
    }

    /// Starts it, unless it runs.
    pub(super) fn start(&mut self) -> anyhow::Result<()> {
        if self.is_running()? {
            return Ok(());
        }
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = (self.recipe)();
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = command.spawn();
        self.child = Some(child.with_context(|| format!("starting {}", self.name))?);
        Ok(())
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself; then there is nothing to kill.
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }

    /// SIGSTOP: it is there, and does nothing.
    pub(super) fn stall(&self) -> anyhow::Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// SIGCONT.
    pub(super) fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// SIGTERM, and waits for the end.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGTERM)?;
        let deadline = Instant::now() + STOP_PATIENCE;
        while self.is_running()? {
            ensure!(Instant::now() < deadline, "{} does not stop", self.name);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let Some(child) = &self.child else {
            bail!("{} does not run", self.name);
        };
        let pid = Pid::from_raw(child.id().try_into()?);
        kill(pid, signal).with_context(|| format!("sending {signal} to {}", self.name))
    }

    /// Whether it runs; what it said when it has ended by itself with an error.
    pub(super) fn is_running(&mut self) -> anyhow::Result<bool> {
        let Some(child) = &mut self.child else {
            return Ok(false);
        };
        match child.try_wait()? {
            None => Ok(true),
            Some(status) => {
                self.child = None;
                ensure!(status.success(), "{} ended with {status}", self.name);
                Ok(false)
            }
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.kill();
    }
}
