//! The gateway from outside: the line on a real Redis, and the whole gateway over real HTTP.
//!
//! Every test has its own key prefix and its own ports, so that all of them run side by side.

mod contract;
mod gate;
mod harness;
mod line;
mod process;
mod promises;
