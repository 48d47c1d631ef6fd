//! Logs, traces and metrics, set up once per process.
//!
//! Logs are JSON lines on standard error (`LOG_FORMAT=text` for people), filtered by `RUST_LOG`.
//! Never logged: tokens, passes, keys, connection URLs, request bodies.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::about::Lines;
use crate::settings::{Environment, SettingError};
use crate::trace::{self, Traces};

/// Our own words, and only the warnings of those who tell each of their steps.
const DEFAULT_FILTER: &str = "info,tokio_cron_scheduler=warn,opentelemetry=warn,\
                              opentelemetry_sdk=warn,opentelemetry-otlp=warn,reqwest=warn,\
                              hyper=warn";

/// Starts logs, and traces where an endpoint for them is set. Keep what is returned until the end:
/// it sends the last traces. A second call in the same process changes nothing.
///
/// # Errors
/// When `RUST_LOG`, `LOG_FORMAT` or `OTEL_EXPORTER_OTLP_ENDPOINT` cannot be used.
pub fn init(service: &'static str, env: &Environment) -> Result<Traces, SettingError> {
    let directives = env.text("RUST_LOG").unwrap_or(DEFAULT_FILTER);
    let filter = EnvFilter::try_new(directives)
        .map_err(|error| SettingError::new("RUST_LOG", format!("{directives:?}: {error}")))?;
    let (tracer, guard) = trace::tracer(service, env)?;
    let spans = tracer.map(|tracer| tracing_opentelemetry::layer().with_tracer(tracer));
    let subscriber = Registry::default()
        .with(lines(env)?)
        .with(spans)
        .with(filter);
    // A subscriber is there already when several services share one test process.
    drop(subscriber.try_init());
    Ok(guard)
}

fn lines(env: &Environment) -> Result<Box<dyn Layer<Registry> + Send + Sync>, SettingError> {
    let lines = fmt::layer().with_writer(std::io::stderr);
    match env.text("LOG_FORMAT").unwrap_or("json") {
        "json" => Ok(lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .map_event_format(Lines::json)
            .boxed()),
        "text" => Ok(lines
            .with_ansi(std::io::stderr().is_terminal())
            .map_event_format(Lines::text)
            .boxed()),
        other => {
            let reason = format!("{other:?} is neither json nor text");
            Err(SettingError::new("LOG_FORMAT", reason))
        }
    }
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
