//! The waiting room: gives each fan a place in line, lets in as many as the house can serve, and
//! stands between them and the upstream.
//!
//! Data flows one way: router -> routes -> line -> store (Redis), or routes -> gate -> proxy ->
//! upstream. The scheduler and the refresher drive the same line from the other side.

pub mod app;
pub mod cli;
pub mod gate;
pub mod identity;
pub mod layers;
pub mod line;
pub mod openapi;
pub mod pages;
pub mod proxy;
pub mod refresher;
pub mod refusal;
pub mod router;
pub mod routes;
pub mod scheduler;
pub mod settings;
pub mod store;
