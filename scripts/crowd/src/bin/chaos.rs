//! `scripts/chaos`: kills, cuts and stalls under load with a printed seed, then the checks.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use crowd::chaos::{Options, Servers, Trial, run};

/// Fans a second when the number is not given.
const FANS_PER_SECOND: u32 = 4;

/// Torments a system of its own, and judges what is left.
#[derive(Debug, Parser)]
struct Arguments {
    /// Repeats a storm; without it another one each time.
    #[arg(long)]
    seed: Option<u64>,
    /// No storm: four gateways whose clocks are minutes apart, and another rate twice a second.
    #[arg(long)]
    clocks: bool,
    /// How long it lasts.
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// How many fans come meanwhile; 4 a second by default.
    #[arg(long)]
    fans: Option<u32>,
    /// An empty folder for data and logs.
    #[arg(long)]
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let lasts = Duration::try_from_secs_f64(arguments.minutes * 60.0)?;
    let by_time = u32::try_from(lasts.as_secs())?.saturating_mul(FANS_PER_SECOND);
    let options = Options {
        trial: if arguments.clocks {
            Trial::Clocks
        } else {
            Trial::Storm
        },
        seed: arguments
            .seed
            .unwrap_or_else(|| rand::random::<u32>().into()),
        lasts,
        fans: arguments.fans.unwrap_or(by_time),
        folder: std::path::absolute(arguments.folder)?,
    };
    std::fs::create_dir_all(&options.folder)?;
    let findings = run(&options, &Servers::find()?).await?;
    for finding in &findings {
        println!("FOUND: {finding}");
    }
    println!(
        "{} findings (repeat with --seed {}); logs are in {}",
        findings.len(),
        options.seed,
        options.folder.display()
    );
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}
