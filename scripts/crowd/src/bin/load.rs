//! `scripts/load`: sends a crowd through a system and says whether it held.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use crowd::load::{self, Order};
use crowd::{report, scenario};

/// The command line was wrong, and nothing was tried.
const EXIT_USAGE: u8 = 64;

/// Sends a crowd and judges what came of it.
#[derive(Debug, Parser)]
#[command(name = "scripts/load")]
struct Cli {
    /// Which crowd comes.
    #[arg(value_parser = scenario::ALL)]
    scenario: String,
    /// How many fans, instead of the scenario's number.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=90_000))]
    fans: Option<u64>,
    /// They arrive within so many seconds.
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    seconds: Option<u64>,
    /// Repeats a run.
    #[arg(long)]
    seed: Option<u64>,
    /// A gateway of a system that runs already, like <http://127.0.0.1:8080>; may be repeated.
    #[arg(long, value_name = "URL")]
    gateway: Vec<String>,
    /// The concert that they want, by its id; otherwise the default one.
    #[arg(long, value_name = "ID")]
    concert: Option<u64>,
    /// Where the report goes.
    #[arg(long, value_name = "DIR", default_value = ".run/reports")]
    report: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(wrong) => {
            // Without a terminal there is nobody to tell.
            let _told = wrong.print();
            return if wrong.use_stderr() {
                EXIT_USAGE.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("stagedoor: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let order = order(&cli)?;
    let scenario = &order.scenario;
    println!(
        "{}: {} (seed {})",
        scenario.name, scenario.about, order.seed
    );
    let outcome = load::run(order).await?;
    let [page, data] = report::write(&outcome, &cli.report)?;
    print!("{}", report::summary(&outcome));
    println!("report: {} and {}", page.display(), data.display());
    println!("repeat: {}", outcome.command);
    let is_clean = outcome.is_clean();
    println!("{}", report::sentence(&outcome));
    Ok(if is_clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn order(cli: &Cli) -> anyhow::Result<Order> {
    let named = scenario::named(&cli.scenario);
    let mut scenario = named.ok_or_else(|| anyhow::anyhow!("no scenario {}", cli.scenario))?;
    scenario.fans = cli.fans.unwrap_or(scenario.fans);
    if let Some(seconds) = cli.seconds {
        scenario.arrive_within = Duration::from_secs(seconds);
    }
    Ok(Order {
        scenario,
        seed: cli.seed.unwrap_or_else(|| rand::random::<u32>().into()),
        gateways: cli.gateway.clone(),
        concert: cli.concert,
    })
}
