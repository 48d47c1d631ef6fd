//! Scenarios: which crowd comes, what kind of people they are, and into which house.

mod list;

use std::time::Duration;

pub use list::{ALL, named};

/// One run that can be asked for by name.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is asked for by.
    pub name: &'static str,
    /// One sentence for a report.
    pub about: &'static str,
    /// How many come.
    pub fans: u64,
    /// They arrive at random moments of this time, whatever the system does.
    pub arrive_within: Duration,
    /// What they do.
    pub play: Play,
    /// What they find.
    pub house: House,
    /// What kind of people they are.
    pub temper: Temper,
}

/// What the crowd does together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Play {
    /// Everyone for himself: join, wait, pick, pay.
    Sale,
    /// Everyone gets in first; then, at one moment, all reserve the same seat.
    OneSeat,
}

/// What is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The first so many seats of the demo hall.
    Hall(usize),
    /// The 15,000 seats of the demo arena.
    Arena,
}

/// The system that is started for the scenario.
#[derive(Debug, Clone, Copy)]
pub struct House {
    /// What is sold.
    pub stage: Stage,
    /// Gateways, each with a booking of its own.
    pub gateways: usize,
    /// `max_active`.
    pub max_active: u64,
    /// `promote_per_second`.
    pub promote_per_second: u64,
    /// `session_seconds`.
    pub session_seconds: u64,
    /// `HOLD_SECONDS`.
    pub hold_seconds: u64,
    /// `UPSTREAM_IN_FLIGHT`.
    pub in_flight: u64,
}

/// What kind of people come; percentages of all.
#[derive(Debug, Clone)]
pub struct Temper {
    /// Stop polling while they wait, and never come back.
    pub go_quiet: u32,
    /// Poll as told to the end, and do not come when they are called.
    pub never_enter: u32,
    /// Leave the line, and say so.
    pub give_up: u32,
    /// Reserve a seat and never pay for it.
    pub let_lapse: u32,
    /// Reload the page now and then while they wait.
    pub reload: u32,
    /// Wait on a second device as well.
    pub two_devices: u32,
    /// Want two seats; the others one.
    pub in_pairs: u32,
    /// How long they think before each step in the house, in ms.
    pub think_ms: std::ops::Range<u64>,
    /// How many of the seats that a fan sees are good enough: fewer means more collisions.
    pub favourites: usize,
    /// After so long without an answer they try again.
    pub patience: Duration,
}
