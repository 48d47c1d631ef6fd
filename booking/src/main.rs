//! The box office as a program: read the command, do it, and say with the exit code how it went.

use std::process::ExitCode;

use booking::app::App;
use booking::cli::{self, Next};
use booking::settings::Settings;
use shared::keyring::SharedKeyring;
use shared::lifecycle::{self, Shutdown};
use shared::settings::Environment;
use shared::telemetry;

// Many small allocations a request, on several threads: faster than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let env = Environment::of_process();
    let outcome = match cli::run(&env).await {
        Ok(Next::Serve) => serve(env).await.map(|()| ExitCode::SUCCESS),
        Ok(Next::End(code)) => Ok(code),
        Err(error) => Err(error),
    };
    outcome.unwrap_or_else(|error| cli::fail(&error))
}

async fn serve(env: Environment) -> anyhow::Result<()> {
    let _traces = telemetry::init("booking", &env)?;
    let settings = Settings::from_env(&env)?;
    let keys = [
        ("PASS_KEYS", settings.pass.keys.clone()),
        ("TICKET_KEYS", settings.tickets.clone()),
    ];
    let shutdown = Shutdown::new(settings.shutdown_grace);
    let app = App::build(settings)?;
    shutdown.on_signals()?;
    lifecycle::on_hangup(&shutdown, move || reread(&keys, &env))?;
    tracing::info!(address = %app.address()?, admin = %app.admin_address()?, "booking listens");
    app.run(shutdown).await
}

/// Puts the keys in force that their file holds now; keeps the old ones when they are not good.
fn reread(keys: &[(&str, SharedKeyring)], env: &Environment) {
    for (variable, keys) in keys {
        match env.keyring(variable) {
            Ok(ring) => {
                keys.replace(ring);
                tracing::info!(variable, "keys reread");
            }
            Err(error) => tracing::error!(%error, "keys stay as before"),
        }
    }
}
