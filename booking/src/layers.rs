//! What surrounds every endpoint, outermost first, each layer with its reason.

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
use shared::trace;
use tower::ServiceBuilder;

use crate::app::Booking;
use crate::refusal::Refusal;

/// The largest body: the documented ones have less than one.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// How long a request may take in all.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Surrounds all routes.
pub fn around_all(routes: Router, booking: &Booking) -> Router {
    routes.layer(
        ServiceBuilder::new()
            // A refusal has to reach also who is still sending a body.
            .map_request(linger)
            // Every log line and every refusal needs the request's id, which stands in the pass.
            .layer(from_fn_with_state(booking.signer.clone(), identify))
            // Whoever refuses, framework included, the client reads one kind of problem.
            .layer(from_fn(problem::render))
            // Outside of what may time out or refuse, so that this is measured too.
            .layer(from_fn(measure))
            // Balances and free seats are nobody else's, and old at once. An answer that may be
            // kept says so itself.
            .layer(from_fn(no_store))
            // A request that nobody waits for any more must not hold a connection.
            .layer(from_fn(bounded))
            // A body is read as a whole, so it has to be small.
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES)),
    )
}

/// Surrounds the open routes.
pub fn around_open(routes: Router<Booking>) -> Router<Booking> {
    // The gateway has to have let the request through.
    routes.layer(from_fn(with_a_pass))
}

/// Surrounds all other routes.
pub fn around_own(routes: Router<Booking>) -> Router<Booking> {
    // A fan has to stand behind the request. Unknown paths too: without a pass nobody learns what
    // is here.
    routes.layer(from_fn(for_a_fan))
}

/// Surrounds the mutating routes.
pub fn around_writes(routes: Router<Booking>, booking: &Booking) -> Router<Booking> {
    // They run to their end in a task, so that a client who hangs up cancels nothing half-way; and
    // at most two of one user at once.
    routes.route_layer(from_fn_with_state(booking.clone(), to_the_end))
}

async fn with_a_pass(request: Request, next: Next) -> Response {
    if request.extensions().get::<Pass>().is_none() {
        return Refusal::PassRequired.into_response();
    }
    next.run(request).await
}

async fn for_a_fan(request: Request, next: Next) -> Response {
    let pass = request.extensions().get::<Pass>();
    if pass.and_then(Pass::holder).is_none() {
        return Refusal::PassRequired.into_response();
    }
    next.run(request).await
}

async fn to_the_end(State(booking): State<Booking>, request: Request, next: Next) -> Response {
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

async fn identify(State(signer): State<PassSigner>, mut request: Request, next: Next) -> Response {
    let pass = pass_of(request.headers(), &signer);
    let id = pass.as_ref().map(|pass| pass.request_id.as_str());
    let id = id.map_or_else(RequestId::generate, RequestId::known);
    let context = trace::Context::of(&id, &request);
    let extensions = request.extensions_mut();
    extensions.insert(id.clone());
    if let Some(pass) = pass {
        extensions.insert(pass);
    }
    let mut response = context.run(next.run(request)).await;
    request_id::tell(&mut response, &id);
    response
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
    let response = next.run(request).await;
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

async fn no_store(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let no_store = HeaderValue::from_static("no-store");
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}

async fn bounded(request: Request, next: Next) -> Response {
    in_time(next.run(request)).await
}

/// The response, or the refusal of a request that took too long. What it was doing is dropped, and
/// its transaction rolled back.
async fn in_time(response: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(REQUEST_TIMEOUT, response).await {
        Ok(response) => response,
        Err(_) => Refusal::TimedOut.into_response(),
    }
}
