//! All routes, in one place.

use axum::Router;
use axum::routing::{delete, get, post};
use shared::health;

use crate::app::Booking;
use crate::refusal::Refusal;
use crate::settings::Charge;
use crate::{layers, routes};

/// The public listener's router.
pub fn router(booking: &Booking) -> Router {
    let own = reads()
        .merge(writes(booking))
        .fallback(async || Refusal::RouteNotFound)
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed);
    let open = Router::new()
        .route("/api/concerts", get(routes::concerts::handle))
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed);
    let health = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(routes::ready::handle))
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed);
    let own = layers::around_own(own);
    let open = layers::around_open(open);
    let all = own.merge(open).merge(health).with_state(booking.clone());
    layers::around_all(all, booking)
}

fn reads() -> Router<Booking> {
    Router::new()
        .route("/api/available-dates", get(routes::available_dates::handle))
        .route(
            "/api/available-seats/{date}",
            get(routes::available_seats::handle),
        )
        .route("/api/{userId}/balance", get(routes::balance::handle))
        .route(
            "/api/{userId}/reservations",
            get(routes::reservations::handle),
        )
}

fn writes(booking: &Booking) -> Router<Booking> {
    let always = Router::new()
        .route("/api/reserve", post(routes::reserve::handle))
        .route(
            "/api/reserve/{reservationId}",
            delete(routes::release::handle),
        )
        .route("/api/process", post(routes::process::handle));
    let all = match booking.charge {
        Charge::Demo => always.route("/api/{userId}/charge", post(routes::charge::handle)),
        Charge::Off => always,
    };
    layers::around_writes(all, booking)
}
