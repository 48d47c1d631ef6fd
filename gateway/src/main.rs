//! The gateway's process: settings, logs, and the command that was asked for.

use std::process::ExitCode;

use clap::Parser;
use gateway::cli::Cli;
use shared::settings::{EXIT_USAGE, Environment, SettingError};
use shared::telemetry;

// Many small allocations a request, on several threads: faster than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let env = Environment::of_process();
    let outcome = match telemetry::init("gateway", &env) {
        Ok(_traces) => cli.run(&env).await,
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error:#}");
            let is_setting = error.is::<SettingError>();
            ExitCode::from(if is_setting { EXIT_USAGE } else { 1 })
        }
    }
}

/// Help and version are no errors; anything else on the command line is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    let is_wrong = error.use_stderr() || shown.is_err();
    if is_wrong {
        ExitCode::from(EXIT_USAGE)
    } else {
        ExitCode::SUCCESS
    }
}
