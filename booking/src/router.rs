//! All routes, in one place.

use axum::Router;
use axum::routing::get;
use shared::health;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Booking;
use crate::openapi::Paper;
use crate::refusal::Refusal;
use crate::settings::Charge;
use crate::{layers, routes};

/// The public listener's router.
pub fn router(booking: &Booking) -> Router {
    let writes = match booking.charge {
        Charge::Demo => writes().merge(charging()),
        Charge::Off => writes(),
    };
    let own = Router::from(reads())
        .merge(layers::around_writes(writes.into(), booking))
        .fallback(async || Refusal::RouteNotFound)
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed);
    let open = Router::from(open());
    let open = open.method_not_allowed_fallback(async || Refusal::MethodNotAllowed);
    let health = Router::from(healths());
    let health = health.method_not_allowed_fallback(async || Refusal::MethodNotAllowed);
    let own = layers::around_own(own);
    let open = layers::around_open(open);
    let all = own.merge(open).merge(health).with_state(booking.clone());
    layers::around_all(all, booking)
}

/// The admin listener's router: metrics, and what the line wants to know.
pub fn admin_router(booking: &Booking) -> Router {
    let stock = Router::new().route("/internal/stock", get(routes::stock::handle));
    shared::admin::router().merge(stock.with_state(booking.clone()))
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

fn reads() -> OpenApiRouter<Booking> {
    OpenApiRouter::new()
        .routes(routes!(routes::available_dates::handle))
        .routes(routes!(routes::available_seats::handle))
        .routes(routes!(routes::seat_status::handle))
        .routes(routes!(routes::balance::handle))
        .routes(routes!(routes::reservations::handle))
        .routes(routes!(routes::history::handle))
}

fn writes() -> OpenApiRouter<Booking> {
    OpenApiRouter::new()
        .routes(routes!(routes::reserve::handle))
        .routes(routes!(routes::release::handle))
        .routes(routes!(routes::process::handle))
        .routes(routes!(routes::cancel::handle))
}

fn charging() -> OpenApiRouter<Booking> {
    OpenApiRouter::new().routes(routes!(routes::charge::handle))
}

fn open() -> OpenApiRouter<Booking> {
    OpenApiRouter::new()
        .routes(routes!(routes::concerts::handle))
        .routes(routes!(routes::seat_map::handle))
}

fn healths() -> OpenApiRouter<Booking> {
    OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(routes::ready::handle))
}
