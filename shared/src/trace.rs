//! Which request something is about: in the logs ([`crate::about`]), and as a span in traces where
//! `OTEL_EXPORTER_OTLP_ENDPOINT` says where to.
//!
//! The request's id is the trace's id, so that a log line, an answer and a trace find each other.

use std::sync::OnceLock;

use http::{HeaderMap, HeaderName, Request};
use opentelemetry::global;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use rand::Rng;
use tracing::{Instrument as _, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::about::About;
use crate::request_id::RequestId;
use crate::settings::{Environment, SettingError};

/// W3C trace context: which trace a request belongs to, and which span called it.
pub const PARENT_HEADER: HeaderName = HeaderName::from_static("traceparent");

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Whether anybody collects spans. To make one costs as much as half of a poll.
static IS_TRACED: OnceLock<()> = OnceLock::new();

/// Sends what was not sent yet when the process ends.
#[derive(Debug)]
pub struct Traces(Option<SdkTracerProvider>);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Some(Err(error)) = self.0.as_ref().map(SdkTracerProvider::shutdown) {
            eprintln!("the last traces could not be sent: {error}");
        }
    }
}

/// The tracer, when an endpoint is set, and what flushes it.
pub(crate) fn tracer(
    service: &'static str,
    env: &Environment,
) -> Result<(Option<SdkTracer>, Traces), SettingError> {
    if env.text(ENDPOINT).is_none() {
        return Ok((None, Traces(None)));
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .build()
        .map_err(|error| SettingError::new(ENDPOINT, error.to_string()))?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name(service).build())
        .build();
    global::set_tracer_provider(provider.clone());
    IS_TRACED.get_or_init(|| ());
    Ok((Some(provider.tracer(service)), Traces(Some(provider))))
}

/// What a request is known by while it is answered.
pub struct Context {
    about: About,
    span: Option<Span>,
}

impl Context {
    /// Of this request.
    #[must_use]
    pub fn of<B>(id: &RequestId, request: &Request<B>) -> Self {
        Self {
            about: About::new(id, request),
            span: IS_TRACED.get().map(|()| span(id, request)),
        }
    }

    /// Does the work of the request: everything logged meanwhile says which one it is about.
    pub async fn run<T>(self, work: impl Future<Output = T>) -> T {
        match self.span {
            None => self.about.during(work).await,
            Some(span) => self.about.during(work.instrument(span)).await,
        }
    }

    /// The same for work that goes on in a task of its own.
    pub fn carry<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        About::carried(work.in_current_span())
    }
}

fn span<B>(id: &RequestId, request: &Request<B>) -> Span {
    let span = tracing::info_span!(
        "request",
        request_id = id.as_str(),
        method = %request.method(),
        path = request.uri().path(),
    );
    if let Some(parent) = parent(id, request.headers()) {
        // It fails only without a tracer, and then nobody asks for a parent.
        drop(span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent)));
    }
    span
}

/// The caller's span, where another service of ours has called; else the trace begins here.
fn parent(id: &RequestId, headers: &HeaderMap) -> Option<SpanContext> {
    let trace = TraceId::from_hex(id.as_str()).ok()?;
    let told = headers
        .get(&PARENT_HEADER)
        .and_then(|value| value.to_str().ok());
    let caller = told
        .filter(|told| told.get(3..35) == Some(id.as_str()))
        .and_then(|told| SpanId::from_hex(told.get(36..52)?).ok());
    let span = caller.unwrap_or_else(random_span_id);
    Some(SpanContext::new(
        trace,
        span,
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    ))
}

/// The header that tells the next service who calls: this trace, and the span at hand.
#[must_use]
pub fn trace_parent(id: &RequestId) -> String {
    let here = Span::current().context().span().span_context().span_id();
    let span = if here == SpanId::INVALID {
        random_span_id()
    } else {
        here
    };
    format!("00-{}-{span}-01", id.as_str())
}

fn random_span_id() -> SpanId {
    SpanId::from(rand::rng().random_range(1..=u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_is_the_trace_id_from_end_to_end() {
        let id = RequestId::generate();
        let told = trace_parent(&id);
        let request = Request::builder()
            .header(PARENT_HEADER, &told)
            .body(())
            .expect("good");
        let parent = parent(&id, request.headers()).expect("a parent");
        assert_eq!(parent.trace_id().to_string(), id.as_str());
        assert_eq!(told, format!("00-{}-{}-01", id.as_str(), parent.span_id()));
    }

    #[test]
    fn a_callers_span_of_another_trace_is_not_taken_over() {
        let (id, other) = (RequestId::generate(), RequestId::generate());
        let told = trace_parent(&other);
        let request = Request::builder()
            .header(PARENT_HEADER, &told)
            .body(())
            .expect("good");
        let parent = parent(&id, request.headers()).expect("a parent");
        assert_eq!(parent.trace_id().to_string(), id.as_str());
        assert!(!told.contains(&parent.span_id().to_string()));
    }
}
