//! The command line: `gateway serve`, and `gateway queue create NAME`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use shared::health;
use shared::ids::QueueName;
use shared::keyring::Keyring;
use shared::lifecycle::on_hangup;
use shared::settings::{Environment, SettingError};

use crate::app::{App, RotatingKeys};
use crate::gate::Rules;
use crate::openapi;
use crate::settings::{self, Settings};
use crate::store::{Keys, Lifetimes, Store};

/// The waiting room. Settings are environment variables; see the README.
#[derive(Debug, Parser)]
#[command(name = "gateway", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop (the default).
    Serve,
    /// Ask the gateway that listens here whether it can serve; for a container's health check.
    Health,
    /// Print the OpenAPI document of this gateway, and of what stands behind it.
    Openapi {
        /// The upstream's own OpenAPI document, - for standard input. The gate's refusals are added
        /// to its calls as the rules in the environment say.
        #[arg(long)]
        upstream: Option<PathBuf>,
    },
    /// Work on queues.
    #[command(subcommand)]
    Queue(QueueCommand),
}

#[derive(Debug, Subcommand)]
enum QueueCommand {
    /// Open a queue for the first time, without the hold that follows a loss.
    Create {
        /// The queue's name.
        name: QueueName,
    },
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// A [`SettingError`] when a setting is wrong, anything else when the work failed.
    pub async fn run(self, env: &Environment) -> anyhow::Result<()> {
        match self.command {
            None | Some(Command::Serve) => serve(env).await,
            Some(Command::Health) => health::ask(settings::listen(env)?),
            Some(Command::Openapi { upstream }) => on_paper(upstream.as_deref(), env),
            Some(Command::Queue(QueueCommand::Create { name })) => create(&name, env).await,
        }
    }
}

async fn serve(env: &Environment) -> anyhow::Result<()> {
    let app = App::build(Settings::from_env(env)?)?;
    app.shutdown().on_signals()?;
    let keys = app.keys();
    on_hangup(&app.shutdown(), move || reload(&keys))?;
    tracing::info!(address = %app.address()?, admin = %app.admin_address()?, "gateway listens");
    app.run().await
}

/// Puts the keys in force that the environment's files hold now; keeps the old ones when they are
/// not good.
fn reload(keys: &RotatingKeys) {
    let env = Environment::of_process();
    let read = || -> Result<(Keyring, Keyring), SettingError> {
        Ok((env.keyring("TOKEN_KEYS")?, env.keyring("PASS_KEYS")?))
    };
    match read() {
        Ok((tokens, passes)) if !tokens.shares_a_secret_with(&passes) => {
            keys.tokens.replace(tokens);
            keys.passes.replace(passes);
            tracing::info!("keys reread");
        }
        Ok(_) => tracing::error!("PASS_KEYS shares a secret with TOKEN_KEYS; keys stay as before"),
        Err(error) => tracing::error!(%error, "keys stay as before"),
    }
}

fn on_paper(upstream: Option<&Path>, env: &Environment) -> anyhow::Result<()> {
    let mut api = openapi::document();
    if let Some(path) = upstream {
        let is_input = path.as_os_str() == "-";
        let path = if is_input {
            Path::new("/dev/stdin")
        } else {
            path
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let rules = env.parsed("GATE_RULES", Rules::default())?;
        let upstream =
            serde_json::from_str(&text).context("the upstream's document is not JSON")?;
        openapi::put_before(&mut api, upstream, &rules);
    }
    println!("{api:#}");
    Ok(())
}

async fn create(name: &QueueName, env: &Environment) -> anyhow::Result<()> {
    let prefix = env.text("REDIS_KEY_PREFIX").unwrap_or_default();
    let lifetimes = Lifetimes::default();
    let store = Store::new(
        &settings::redis_url(env)?,
        Keys::with_prefix(prefix),
        lifetimes,
    )?;
    if store.create(name).await? {
        println!("queue {name} created");
    } else {
        println!("queue {name} is there already; nothing was changed");
    }
    Ok(())
}
