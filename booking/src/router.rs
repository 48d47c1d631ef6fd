//! All routes, in one place.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use shared::health;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Booking;
use crate::openapi::Paper;
use crate::refusal::Refusal;
use crate::routes::extract::Fan;
use crate::settings::Charge;
use crate::{layers, routes};

/// The public listener's router, for who comes with a pass.
pub fn router(booking: &Arc<Booking>) -> Router {
    let writes = match booking.charge {
        Charge::Demo => writes().merge(charging()),
        Charge::Off => writes(),
    };
    let writes = layers::around_writes(writes.into(), booking);
    let all = Router::from(reads().merge(open()).merge(healths())).merge(writes);
    let all = all
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Arc::clone(booking));
    layers::around_all(all)
}

/// The same for who comes without: nobody learns what is here.
pub fn without_a_pass(booking: &Arc<Booking>) -> Router {
    let health = Router::from(healths())
        .method_not_allowed_fallback(wrong_method)
        .fallback(async || Refusal::PassRequired)
        .with_state(Arc::clone(booking));
    layers::around_all(health)
}

/// A pass of an open route names no fan, and learns no more than who has none.
async fn nothing_here(fan: Result<Fan, Refusal>) -> Refusal {
    fan.map_or_else(|refusal| refusal, |_| Refusal::RouteNotFound)
}

async fn wrong_method() -> Refusal {
    Refusal::MethodNotAllowed
}

/// The admin listener's router: metrics, and what the line wants to know.
pub fn admin_router(booking: &Arc<Booking>) -> Router {
    let stock = Router::new().route("/internal/stock", get(routes::stock::handle));
    shared::admin::router().merge(stock.with_state(Arc::clone(booking)))
}

/// Every route with what its annotation says about it, whatever is switched off.
#[must_use]
pub fn on_paper() -> utoipa::openapi::OpenApi {
    let rooms = [reads(), writes(), charging(), open(), healths()];
    let all = OpenApiRouter::with_openapi(Paper::openapi());
    rooms
        .into_iter()
        .fold(all, OpenApiRouter::merge)
        .into_openapi()
}

fn reads() -> OpenApiRouter<Arc<Booking>> {
    OpenApiRouter::new()
        .routes(routes!(routes::available_dates::handle))
        .routes(routes!(routes::available_seats::handle))
        .routes(routes!(routes::seat_status::handle))
        .routes(routes!(routes::balance::handle))
        .routes(routes!(routes::reservations::handle))
        .routes(routes!(routes::history::handle))
}

fn writes() -> OpenApiRouter<Arc<Booking>> {
    OpenApiRouter::new()
        .routes(routes!(routes::reserve::handle))
        .routes(routes!(routes::release::handle))
        .routes(routes!(routes::process::handle))
        .routes(routes!(routes::cancel::handle))
}

fn charging() -> OpenApiRouter<Arc<Booking>> {
    OpenApiRouter::new().routes(routes!(routes::charge::handle))
}

fn open() -> OpenApiRouter<Arc<Booking>> {
    OpenApiRouter::new()
        .routes(routes!(routes::concerts::handle))
        .routes(routes!(routes::seat_map::handle))
}

fn healths() -> OpenApiRouter<Arc<Booking>> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(routes::ready::handle))
}
