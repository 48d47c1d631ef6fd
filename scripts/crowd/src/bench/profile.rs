//! Where the time goes: a process of ours under load, looked at by perf and then by strace.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

use super::fans;
use super::house::{ALL_IN, ALL_WAIT, House, Revision, Running};
use super::rows::purchases;
use super::wrk::Wrk;
use crate::system::Concert;

const FANS: u64 = 2_000;
/// A prime number, so that nothing that ticks is looked at in step.
const LOOKS_PER_SECOND: &str = "499";
/// Whole stacks, from the unwinding tables: the release build keeps no frame pointers.
const CALL_GRAPH: &str = "--call-graph=dwarf,16384";

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// `GET /api/status` of fans who wait.
    Poll,
    /// A request through the gate to a bare upstream.
    Gated,
    /// `POST /api/reserve` and `POST /api/process`, through gateway and booking.
    Payment,
}

/// The load, and the house that bears it.
struct Load {
    house: House,
    wrk: Wrk,
    file: PathBuf,
    what: What,
    lasts: Duration,
    bought: u64,
    _bare: Running,
}

/// Leaves `NAME.perf` and `NAME.strace` in the folder for each process, and prints how many
/// requests there were, so that the figures can be divided by them.
///
/// # Errors
/// When perf, strace or something of ours does not start.
pub async fn profile(
    what: What,
    revision: &Revision,
    folder: &Path,
    lasts: Duration,
) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut load = Load::ready(what, revision, folder, lasts).await?;
    let processes = load.house.processes();
    let perf = |name: &str, pid: u32| {
        let mut perf = Command::new("perf");
        perf.args(["record", "-F", LOOKS_PER_SECOND, CALL_GRAPH, "-o"]);
        perf.arg(folder.join(format!("{name}.perf")));
        perf.args(["-p", &pid.to_string()]);
        perf
    };
    let strace = |name: &str, pid: u32| {
        let mut strace = Command::new("strace");
        strace.args(["-c", "-f", "-o"]);
        strace.arg(folder.join(format!("{name}.strace")));
        strace.args(["-p", &pid.to_string()]);
        strace
    };
    let requests = load.beside(&processes, perf).await?;
    println!("perf: {requests:.0} requests");
    let requests = load.beside(&processes, strace).await?;
    println!("strace: {requests:.0} requests");
    std::fs::write(folder.join("requests"), format!("{requests:.0}\n"))?;
    Ok(())
}

impl Load {
    async fn ready(
        what: What,
        revision: &Revision,
        folder: &Path,
        lasts: Duration,
    ) -> anyhow::Result<Self> {
        let bare = Running::bare().await?;
        let house = match what {
            What::Poll => House::before(&bare, revision, 1, ALL_WAIT).await?,
            What::Gated => House::before(&bare, revision, 1, ALL_IN).await?,
            What::Payment => House::selling(&Concert::arena()?, revision, ALL_IN).await?,
        };
        let file = folder.join("fans");
        if what != What::Payment {
            let known = fans::join(house.door(0), 1..FANS + 1).await?;
            fans::write(&file, &known, |fan| match what {
                What::Poll => format!("/api/status/{}", fan.user),
                _ => "/api/available-dates".to_owned(),
            })?;
        }
        Ok(Self {
            house,
            wrk: Wrk::new(folder, lasts)?,
            file,
            what,
            lasts,
            bought: 0,
            _bare: bare,
        })
    }

    /// Runs the load with a tool at every process; answers how many requests there were.
    async fn beside(
        &mut self,
        processes: &[(&'static str, u32)],
        tool: impl Fn(&str, u32) -> Command,
    ) -> anyhow::Result<f64> {
        if self.what != What::Payment {
            let tools = start(processes, tool)?;
            let door = self.house.door(0);
            let requests = self.wrk.count_known(door, &self.file).await?;
            stop(tools).await?;
            return Ok(requests);
        }
        let count = FANS * self.lasts.as_secs().max(1) / 10;
        let ready = purchases::with_money(&self.house, self.bought + 1, count).await?;
        self.bought += count;
        let tools = start(processes, tool)?;
        let transactions = purchases::all_buy(&self.house, purchases::THREADS, ready).await?;
        stop(tools).await?;
        Ok(f64::from(u32::try_from(transactions)?))
    }
}

fn start(
    processes: &[(&'static str, u32)],
    tool: impl Fn(&str, u32) -> Command,
) -> anyhow::Result<Vec<Child>> {
    let started = processes.iter().map(|(name, pid)| {
        let mut command = tool(name, *pid);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
            .kill_on_drop(true)
            .spawn()
            .context("starting perf or strace")
    });
    started.collect()
}

/// They write what they saw when they are interrupted.
async fn stop(tools: Vec<Child>) -> anyhow::Result<()> {
    for mut tool in tools {
        let pid = tool.id().context("it ended before the load did")?;
        kill(Pid::from_raw(pid.try_into()?), Signal::SIGINT).context("interrupting it")?;
        tool.wait().await?;
    }
    Ok(())
}
