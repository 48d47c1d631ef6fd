//! `GET /api/status/{userId}/events`: the same answer as status, pushed (server-sent events).
//!
//! An event is sent when something has changed: the position, the moment of promotion, the end. It
//! is no claim: the fan's page asks status then, and comes in. The event's id is the number shown,
//! so that a client which reconnects after a cut says it by itself and never sees it rise.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use http::{HeaderMap, HeaderValue, header};
use shared::ids::UserId;
use shared::jitter::jittered;
use shared::lifecycle::Shutdown;
use shared::problem::Problem;
use shared::token::QueueToken;

use super::answer::PlaceAnswer;
use super::status::{StatusQuery, credential_of, read_query, read_user};
use crate::app::Services;
use crate::line::{Asker, Ear, Line, Place, Standing};
use crate::refusal::Refusal;

/// How long a client waits before it connects again after a cut.
const RECONNECT_AFTER: Duration = Duration::from_secs(2);
/// The same after the last word: the place is over.
const RECONNECT_AFTER_THE_END: Duration = Duration::from_mins(1);
/// A line of nothing, so that nobody between us and the fan takes the silence for an end.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One open stream.
struct Watch {
    line: Line,
    shutdown: Shutdown,
    ear: Arc<Ear>,
    token: QueueToken,
    text: String,
    /// The last number shown.
    seen: Option<u64>,
    told: Option<Place>,
    is_over: bool,
}

/// Streams the place as it changes, until it is over, the client goes or the gateway stops.
///
/// # Errors
/// The refusal that the fan is told, or `invalid_field` for a bad user id.
#[utoipa::path(
    get, path = "/api/status/{userId}/events", operation_id = "events", tag = "The line",
    summary = "Your place, pushed",
    description = "The answer of status as server-sent events, whenever it changes, until the \
        place is over. An event is no claim. Its id is the number shown.",
    params(
        ("userId" = UserId, Path, description = "Your own number.", example = 123),
        ("queue" = Option<String>, Query, description = "Which queue, without a token."),
        ("seen" = Option<u64>, Query, description = "The last number that you showed."),
        ("Last-Event-ID" = Option<u64>, Header, description = "What a browser sends after a cut."),
    ),
    responses((status = 200, description = "Events named `place`.", body = String,
        content_type = "text/event-stream",
        example = "event: place\nid: 5\ndata: {\"userId\":123,\"waitingId\":5}\n\n")),
)]
pub async fn events(
    State(services): State<Arc<Services>>,
    user: Result<Path<String>, PathRejection>,
    query: Result<Query<StatusQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = services.line.clone();
    let (user, query) = (read_user(user)?, read_query(query)?);
    let credential = credential_of(user, &headers, &line)?;
    if credential.is_none() {
        services.identity.prove(user, &headers).await?;
    }
    let asker = (user, credential.is_some());
    let floor = services.floor.check(asker, Instant::now());
    floor.map_err(Refusal::TooFast)?;
    let (token, text) = if let Some(credential) = credential {
        (credential.token, credential.text.to_owned())
    } else {
        let queue = line.queue(query.queue.as_deref())?;
        let place = line.look_up(queue, user).await?;
        let place = place.ok_or(Refusal::NotInLine)?;
        (place.token(), line.sign(&place))
    };
    let watch = Watch {
        ear: Arc::new(line.listen(&token.queue, user)?),
        shutdown: services.shutdown.clone(),
        token,
        text,
        seen: last_event(&headers).or(query.seen),
        told: None,
        is_over: false,
        line,
    };
    let stream = Sse::new(watch.stream()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    Ok((headers, stream).into_response())
}

/// The number that a client which lost its stream had shown last.
fn last_event(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

impl Watch {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, |mut watch| async move {
            let event = watch.next().await?;
            Some((Ok(event), watch))
        })
    }

    /// Waits for something to say; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        while !self.is_over {
            let (line, ear) = (self.line.clone(), Arc::clone(&self.ear));
            // Listening begins before looking, so that nothing is missed in between.
            let mut heard = pin!(ear.heard());
            heard.as_mut().enable();
            let pause = match line.find(&self.token, Asker::Stream).await {
                Ok(Some(place)) => {
                    let place = place.not_above(self.seen);
                    if self.told.as_ref().is_none_or(|told| is_news(told, &place)) {
                        return Some(self.tell(place));
                    }
                    line.outlook(&place).poll_after
                }
                // Redis is away; the fan keeps what was shown.
                Ok(None) | Err(_) => jittered(RECONNECT_AFTER),
            };
            tokio::select! {
                () = self.shutdown.begun() => return None,
                () = heard => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        None
    }

    fn tell(&mut self, place: Place) -> Event {
        if !place.is_proved_by(&self.token) && place.standing != Standing::Over {
            self.token = place.token();
            self.text = self.line.sign(&place);
        }
        self.is_over = place.standing == Standing::Over;
        let position = place.standing.position();
        self.seen = (position > 0).then_some(position);
        let answer = PlaceAnswer::new(&place, &self.text, &self.line);
        self.told = Some(place);
        let reconnect_after = if self.is_over {
            RECONNECT_AFTER_THE_END
        } else {
            RECONNECT_AFTER
        };
        let event = Event::default().event("place").id(position.to_string());
        let event = event.retry(jittered(reconnect_after));
        // The answer is numbers and texts only; were it not, the fan would poll.
        event.json_data(answer).unwrap_or_default()
    }
}

/// Whether a place looks different; how long a session still runs is counted by the client.
fn is_news(told: &Place, place: &Place) -> bool {
    let key = |place: &Place| {
        let ends = match place.standing {
            Standing::Active { expires_at_ms, .. } => expires_at_ms,
            Standing::Waiting { .. } | Standing::Over => 0,
        };
        let is_over = place.standing == Standing::Over;
        (
            place.standing.position(),
            ends,
            is_over,
            place.is_stale,
            place.ticket,
        )
    };
    key(told) != key(place)
}
