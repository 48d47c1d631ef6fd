//! What the gateway and booking both speak: ids, tokens, passes, problems, settings, telemetry and
//! lifecycle. This crate knows neither service.

mod about;
pub mod admin;
pub mod clock;
pub mod gather;
pub mod health;
pub mod ids;
pub mod jitter;
pub mod json;
pub mod keyring;
pub mod lifecycle;
pub mod linger;
pub mod openapi;
pub mod pass;
pub mod problem;
pub mod request_id;
pub mod sabotage;
pub mod serve;
pub mod settings;
pub mod telemetry;
pub mod token;
pub mod trace;
mod verified;
pub mod workers;
