//! The crowd against whole systems: real processes, a real Redis, a real database, real HTTP.
//!
//! `scripts/test` starts the servers. With `REDIS_URL` and `DATABASE_URL` set and the programs
//! built, `cargo test -p crowd --test it -- --nocapture` runs them alone and shows the figures.

mod arena;
mod chaos;
mod contention;
mod faults;
mod harness;
