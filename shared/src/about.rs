//! Which request a log line is about. It is written out only when something is logged: a request of
//! which nothing is said costs no more than to remember what it was.

use std::fmt;

use http::{Method, Request, Uri};
use serde::Serialize;
use tokio::task_local;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::request_id::RequestId;

task_local! {
    static ABOUT: About;
}

/// A request, as log lines name it.
#[derive(Clone)]
pub(crate) struct About {
    id: RequestId,
    method: Method,
    uri: Uri,
}

#[derive(Serialize)]
struct Fields<'a> {
    name: &'static str,
    request_id: &'a str,
    method: &'a str,
    path: &'a str,
}

impl About {
    pub(crate) fn new<B>(id: &RequestId, request: &Request<B>) -> Self {
        Self {
            id: id.clone(),
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }

    /// Everything that the work logs is about this request.
    pub(crate) async fn during<T>(self, work: impl Future<Output = T>) -> T {
        ABOUT.scope(self, work).await
    }

    /// The work is about the same request as the task at hand, in whichever task it will run.
    pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let about = ABOUT.try_with(Self::clone);
        async move {
            match about {
                Ok(about) => about.during(work).await,
                Err(_) => work.await,
            }
        }
    }

    fn fields(&self) -> Fields<'_> {
        Fields {
            name: "request",
            request_id: self.id.as_str(),
            method: self.method.as_str(),
            path: self.uri.path(),
        }
    }
}

/// Lines that end with the request that they are about.
pub(crate) struct Lines<F> {
    format: F,
    write: fn(&About, &str, &mut Writer<'_>) -> fmt::Result,
}

impl<F> Lines<F> {
    /// JSON objects, with the request as the member `span`.
    pub(crate) const fn json(format: F) -> Self {
        Self {
            format,
            write: write_json,
        }
    }

    /// Text for people.
    pub(crate) const fn text(format: F) -> Self {
        Self {
            format,
            write: write_text,
        }
    }
}

fn write_json(about: &About, line: &str, writer: &mut Writer<'_>) -> fmt::Result {
    let open = line.trim_end().strip_suffix('}').ok_or(fmt::Error)?;
    let fields = serde_json::to_string(&about.fields()).map_err(|_| fmt::Error)?;
    writeln!(writer, "{open},\"span\":{fields}}}")
}

fn write_text(about: &About, line: &str, writer: &mut Writer<'_>) -> fmt::Result {
    let Fields {
        request_id,
        method,
        path,
        ..
    } = about.fields();
    let line = line.trim_end();
    writeln!(writer, "{line} request_id={request_id} {method} {path}")
}

impl<S, N, F> FormatEvent<S, N> for Lines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Ok(about) = ABOUT.try_with(About::clone) else {
            return self.format.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.format
            .format_event(context, Writer::new(&mut line), event)?;
        (self.write)(&about, &line, &mut writer)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex, PoisonError};

    use serde_json::{Value, json};
    use tracing::instrument::WithSubscriber as _;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// A log that a test can read.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            log.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[tokio::test]
    async fn a_line_says_which_request_it_is_about_also_from_a_task_of_its_own() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .map_event_format(Lines::json)
            .with_writer(log.clone())
            .finish();
        let request = Request::builder().uri("/a\"b?c").body(()).expect("good");
        let about = About::new(&RequestId::known("r1"), &request);
        let work = async {
            tracing::info!("first");
            let task = About::carried(async { tracing::info!("second") });
            tokio::spawn(task.with_current_subscriber())
                .await
                .expect("done");
        };
        let all = async {
            about.during(work).await;
            tracing::info!("nobody's");
        };
        all.with_subscriber(subscriber).await;
        let log = log.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = serde_json::Deserializer::from_slice(&log).into_iter::<Value>();
        let lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("JSON");
        let span = json!({
            "name": "request", "request_id": "r1", "method": "GET", "path": "/a\"b",
        });
        let told: Vec<_> = lines.iter().map(|line| &line["message"]).collect();
        assert_eq!(told, ["first", "second", "nobody's"]);
        assert_eq!((&lines[0]["span"], &lines[1]["span"]), (&span, &span));
        assert_eq!(lines[2].get("span"), None);
    }
}
