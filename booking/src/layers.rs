//! What surrounds every endpoint, outermost first, each layer with its reason.
//!
//! What all requests have in common is one future and no stack of boxed layers.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use shared::linger::linger;
use shared::pass::{self, Pass, PassSigner};
use shared::problem::{self, Problem};
use shared::request_id::{self, RequestId};
use shared::sabotage;
use shared::serve::Answer;
use shared::trace;
use tower::ServiceBuilder;

use crate::app::Booking;
use crate::refusal::Refusal;

/// The largest body: the documented ones have less than one.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// How long a request may take in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// The routes, and all that is done for each request. Clones share it.
#[derive(Clone)]
pub struct Layers(Arc<Parts>);

struct Parts {
    routes: Router,
    without_a_pass: Router,
    signer: PassSigner,
}

/// Wraps the routes of those who come with a pass, and of those who come without.
#[must_use]
pub fn wrap(routes: Router, without_a_pass: Router, signer: PassSigner) -> Layers {
    Layers(Arc::new(Parts {
        routes,
        without_a_pass,
        signer,
    }))
}

impl Answer for Layers {
    async fn answer(&self, request: Request) -> Response {
        // A refusal has to reach also who is still sending a body.
        let mut request = linger(request);
        // The gateway has to have let the request through.
        let pass = pass_of(request.headers(), &self.0.signer);
        // Every log line and every refusal needs the request's id, which stands in the pass.
        let id = pass.as_ref().map(|pass| pass.request_id.as_str());
        let id = id.map_or_else(RequestId::generate, RequestId::known);
        let context = trace::Context::of(&id, &request);
        let routes = match pass {
            Some(pass) => {
                request.extensions_mut().insert(pass);
                &self.0.routes
            }
            None => &self.0.without_a_pass,
        };
        let mut response = context.run(pin!(routes.answer(request))).await;
        // Whoever refuses, framework included, the client reads one kind of problem.
        problem::write(&mut response, &id);
        request_id::tell(&mut response, &id);
        // Balances and free seats are nobody else's, and old at once. An answer that may be kept
        // says so itself.
        let no_store = HeaderValue::from_static("no-store");
        let headers = response.headers_mut();
        headers.entry(header::CACHE_CONTROL).or_insert(no_store);
        response
    }
}

/// Surrounds all routes.
pub fn around_all(routes: Router) -> Router {
    routes.layer(
        ServiceBuilder::new()
            // Outside of what may time out or refuse, so that this is measured too.
            .layer(from_fn(measure))
            // A body is read as a whole, so it has to be small.
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES)),
    )
}

/// Surrounds the mutating routes.
pub fn around_writes(routes: Router<Arc<Booking>>, booking: &Arc<Booking>) -> Router<Arc<Booking>> {
    // They run to their end in a task, so that a client who hangs up cancels nothing half-way; and
    // at most two of one user at once.
    routes.route_layer(from_fn_with_state(Arc::clone(booking), to_the_end))
}

async fn to_the_end(State(booking): State<Arc<Booking>>, request: Request, next: Next) -> Response {
    let user = request.extensions().get::<Pass>().and_then(Pass::holder);
    let Some(user) = user.map(|holder| holder.user) else {
        return Refusal::PassRequired.into_response();
    };
    let turns = booking.turns.clone();
    let work = async move {
        match turns.take(user).await {
            Ok(_turn) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        }
    };
    let work = trace::Context::carry(in_time(work));
    if sabotage::is_off("task") {
        return work.await;
    }
    match booking.tasks.spawn(work).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "a mutating call broke off");
            Refusal::Internal.into_response()
        }
    }
}

/// The one good pass of a request. Two headers are none: who knows which of them the gateway set.
fn pass_of(headers: &HeaderMap, signer: &PassSigner) -> Option<Pass> {
    let mut values = headers.get_all(pass::HEADER).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    signer.verify(value.to_str().ok()?).ok()
}

/// Counts and times requests. Labels are the route as it is written, never a path with its ids.
async fn measure(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let _in_flight = InFlight::enter();
    let began = Instant::now();
    // A request that nobody waits for any more must not hold a connection.
    let response = in_time(next.run(request)).await;
    let status = response.status().as_u16().to_string();
    if let Some(problem) = response.extensions().get::<Problem>() {
        metrics::counter!("booking_refusals_total", "code" => problem.code()).increment(1);
    }
    let labels = [
        ("method", method.to_string()),
        ("route", route),
        ("status", status),
    ];
    metrics::histogram!("booking_request_seconds", &labels).record(began.elapsed());
    response
}

/// Counts a request as running until it is dropped, as it is when the client hangs up.
struct InFlight;

impl InFlight {
    fn enter() -> Self {
        metrics::gauge!("booking_requests_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!("booking_requests_in_flight").decrement(1.0);
    }
}

/// The response, or the refusal of a request that took too long. What it was doing is dropped, and
/// an open transaction rolled back; whether one was committed that was just being, nobody knows.
async fn in_time(response: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, response).await {
        Ok(response) => response,
        Err(_) => Refusal::TimedOut.into_response(),
    }
}
