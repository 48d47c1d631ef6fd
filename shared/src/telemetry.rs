//! Logs and metrics, set up once per process.
//!
//! Logs are JSON lines on standard error (`LOG_FORMAT=text` for people), filtered by `RUST_LOG`.
//! Never logged: tokens, passes, keys, connection URLs, request bodies.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::settings::{Environment, SettingError};

/// Our own words, and only the warnings of a scheduler that tells each of its steps.
const DEFAULT_FILTER: &str = "info,tokio_cron_scheduler=warn";

/// Starts logging. A second call in the same process changes nothing.
///
/// # Errors
/// When `RUST_LOG` or `LOG_FORMAT` cannot be used.
pub fn init_logs(env: &Environment) -> Result<(), SettingError> {
    let directives = env.text("RUST_LOG").unwrap_or(DEFAULT_FILTER);
    let filter = EnvFilter::try_new(directives)
        .map_err(|error| SettingError::new("RUST_LOG", format!("{directives:?}: {error}")))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal());
    let outcome = match env.text("LOG_FORMAT").unwrap_or("json") {
        "json" => lines.json().flatten_event(true).try_init(),
        "text" => lines.try_init(),
        other => {
            let reason = format!("{other:?} is neither json nor text");
            return Err(SettingError::new("LOG_FORMAT", reason));
        }
    };
    // A subscriber is there already when several services share one test process.
    drop(outcome);
    Ok(())
}

/// The recorder of this process's metrics; installed by the first call.
///
/// # Panics
/// Only when another recorder has been installed behind our back.
pub fn metrics() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            PrometheusBuilder::new()
                .install_recorder()
                .expect("nothing else in this process installs a metrics recorder")
        })
        .clone()
}
