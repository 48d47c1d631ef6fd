//! `scripts/bench`: measures and prints the table. `bench bare` is the bare axum that it measures
//! beside us.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use crowd::bench::profile::{What, profile};
use crowd::bench::report::Waivers;
use crowd::bench::scale::{self, Extent};
use crowd::bench::{Options, Revision, bare, run};

const ROUNDS: usize = 5;
const SECONDS: u64 = 5;

/// Measures the system beside its peers.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// One short round: proves that the bench runs, judges nothing.
    #[arg(long)]
    quick: bool,
    /// Only this row, or the row of this figure.
    #[arg(long)]
    only: Option<String>,
    /// The built programs of another revision, as NAME=FOLDER.
    #[arg(long)]
    against: Option<String>,
    /// Known misses, lines of figure and reason.
    #[arg(long)]
    waivers: Option<PathBuf>,
    /// Where the run may write.
    #[arg(long, default_value = ".run/bench")]
    folder: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve as the bare axum.
    Bare {
        /// A file whose bytes are the one answer.
        answer: Option<PathBuf>,
    },
    /// Look where the time goes, with perf and strace: poll, gated or payment.
    Profile {
        /// What to look at.
        what: String,
    },
    /// Grow a line by powers of ten, and open streams.
    Scale {
        /// The largest line.
        #[arg(long, default_value_t = 1_000_000)]
        fans: u64,
        /// How many streams are open at once.
        #[arg(long, default_value_t = 20_000)]
        streams: u64,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Bare { answer }) => {
            bare::serve(answer.as_deref()).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Profile { what }) => {
            look(what, &arguments).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Scale { fans, streams }) => {
            grow(*fans, *streams, &arguments).await?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let is_quick = arguments.quick;
    let json = arguments.folder.join("bench.json");
    let report = run(options(arguments)?).await?;
    std::fs::write(&json, serde_json::to_string_pretty(&report)?)?;
    println!("\n{report}\nas JSON: {}", json.display());
    for figure in report.missed() {
        println!("missed: {} is {:.2}", figure.id, figure.value);
    }
    if is_quick {
        println!("one short round judges nothing: a miss is shown, and is no failure");
    }
    Ok(ExitCode::from(u8::from(
        !is_quick && !report.missed().is_empty(),
    )))
}

async fn look(what: &str, arguments: &Arguments) -> anyhow::Result<()> {
    let what = match what {
        "poll" => What::Poll,
        "gated" => What::Gated,
        "payment" => What::Payment,
        other => anyhow::bail!("{other:?} is none of poll, gated, payment"),
    };
    let folder = std::path::absolute(&arguments.folder)?;
    profile(what, &ours()?, &folder, Duration::from_secs(SECONDS * 2)).await
}

async fn grow(fans: u64, streams: u64, arguments: &Arguments) -> anyhow::Result<()> {
    let extent = Extent {
        fans,
        streams,
        lasts: Duration::from_secs(SECONDS),
    };
    let folder = std::path::absolute(&arguments.folder)?;
    let scaling = scale::measure(&ours()?, &folder, extent).await?;
    std::fs::write(
        folder.join("scale.json"),
        serde_json::to_string_pretty(&scaling)? + "\n",
    )?;
    std::fs::write(folder.join("scale.svg"), scaling.sheet())?;
    println!("\n{scaling}\nas JSON and as plots: {}", folder.display());
    Ok(())
}

/// The programs beside this one.
fn ours() -> anyhow::Result<Revision> {
    let own = std::env::current_exe()?;
    Ok(Revision {
        name: "gateway".to_owned(),
        folder: own.parent().context("a program is in a folder")?.to_owned(),
    })
}

fn options(arguments: Arguments) -> anyhow::Result<Options> {
    let mut revisions = vec![ours()?];
    if let Some(against) = &arguments.against {
        let (name, folder) = against.split_once('=').context("--against NAME=FOLDER")?;
        revisions.push(Revision {
            name: name.to_owned(),
            folder: folder.into(),
        });
    }
    let waivers = match &arguments.waivers {
        Some(file) => Waivers::parse(&std::fs::read_to_string(file)?)?,
        None => Waivers::default(),
    };
    Ok(Options {
        rounds: if arguments.quick { 1 } else { ROUNDS },
        lasts: Duration::from_secs(if arguments.quick { 1 } else { SECONDS }),
        only: arguments.only,
        revisions,
        folder: std::path::absolute(arguments.folder)?,
        waivers,
    })
}
