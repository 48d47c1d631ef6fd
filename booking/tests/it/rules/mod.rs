//! The ten rules of the box office, each a module of tests that begin with its number.
//!
//! A race test goes through [`crate::harness::at_once`] and has a line in `scripts/sabotage.txt`:
//! with the guard switched off that stands there, it must fail. Rule 10 reads both.

mod audit;
mod audit_refunds;
mod best;
mod bounds;
mod called_off;
mod constraints;
mod expiry;
mod hang_up;
mod no_redis;
mod order;
mod packets;
mod refund;
mod seats;
mod server;
mod together;
mod twins;
