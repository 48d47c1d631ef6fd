//! The bench: the table of what is to be reached, each figure beside its peer in the same run.
//!
//! [`rows`] measures, [`race`] keeps what each contender reached in each round, [`report`] judges
//! and prints.

pub mod bare;
mod fans;
mod house;
mod machine;
mod peer;
pub mod profile;
pub mod race;
pub mod report;
mod rows;
pub mod scale;
mod steady;
mod wrk;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;

use house::{House, Running};

pub use house::Revision;
use peer::Peer;
use report::{Figure, Report, Waivers};
use wrk::Wrk;

/// How to measure.
#[derive(Debug)]
pub struct Options {
    /// How often every contender runs.
    pub rounds: usize,
    /// How long each of its runs lasts.
    pub lasts: Duration,
    /// Only figures whose name begins so.
    pub only: Option<String>,
    /// What is measured, and after it what it is compared with.
    pub revisions: Vec<Revision>,
    /// A folder for what the run writes.
    pub folder: PathBuf,
    /// Known misses.
    pub waivers: Waivers,
}

/// What every row has at hand.
struct Bench {
    options: Options,
    wrk: Wrk,
    has_peer: bool,
}

impl Bench {
    fn rounds(&self) -> std::ops::Range<usize> {
        0..self.options.rounds
    }

    fn folder(&self) -> &Path {
        &self.options.folder
    }

    fn ours(&self) -> &Revision {
        &self.options.revisions[0]
    }

    /// nginx beside a house, where it is installed.
    async fn peer(&self, house: &House, upstream: &Running) -> anyhow::Result<Option<Peer>> {
        if !self.has_peer {
            return Ok(None);
        }
        Peer::start(self.folder(), house, upstream).await.map(Some)
    }

    /// What we are compared with.
    fn other(&self) -> Option<&str> {
        self.options
            .revisions
            .get(1)
            .map(|other| other.name.as_str())
    }

    /// Long enough to tell, short enough for `--quick`.
    fn scaled(&self, each_second: u64) -> u64 {
        each_second * self.options.lasts.as_secs().max(1)
    }
}

/// Measures every row that is asked for.
///
/// # Errors
/// When something needed does not start, or a run had errors.
pub async fn run(options: Options) -> anyhow::Result<Report> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    std::fs::create_dir_all(&options.folder)?;
    let wrk = Wrk::new(&options.folder, options.lasts)?;
    let mut report = Report {
        machine: machine::describe()?,
        rounds: (options.rounds, options.lasts.as_secs()),
        figures: Vec::new(),
        waivers: options.waivers.clone(),
        skipped: Vec::new(),
    };
    let bench = Bench {
        options,
        wrk,
        has_peer: Peer::is_installed(),
    };
    if !bench.has_peer {
        let what = "everything beside nginx: nginx, its Lua module and lua-nginx-redis are missing";
        report.skipped.push(what.to_owned());
    }
    for row in rows::ALL {
        if is_wanted(row, bench.options.only.as_deref()) {
            println!("measuring: {}", row.name());
            report.figures.extend(row.measure(&bench).await?);
        }
    }
    ensure!(!report.figures.is_empty(), "no row has this name");
    Ok(report)
}

fn is_wanted(row: rows::Row, only: Option<&str>) -> bool {
    only.is_none_or(|only| row.name() == only || only.starts_with(&format!("{}-", row.name())))
}

/// The figures that were measured, those without a contender left out.
fn measured<const N: usize>(figures: [Option<Figure>; N]) -> Vec<Figure> {
    figures.into_iter().flatten().collect()
}
