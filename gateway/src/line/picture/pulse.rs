//! The two figures of the last tick that every poll asks for, to be read without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::Tick;

/// What no rate is.
const UNKNOWN: u64 = f64::NAN.to_bits();

/// Near and rate of the last tick.
pub(super) struct Pulse {
    near: AtomicU64,
    rate: AtomicU64,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            near: AtomicU64::new(0),
            rate: AtomicU64::new(UNKNOWN),
        }
    }
}

impl Pulse {
    pub(super) fn beat(&self, tick: &Tick) {
        self.near.store(tick.near, Ordering::Relaxed);
        self.rate.store(tick.rate.to_bits(), Ordering::Relaxed);
    }

    /// Up to which position a fan counts as near the front; 0 before the first tick.
    pub(super) fn near(&self) -> u64 {
        self.near.load(Ordering::Relaxed)
    }

    /// The rate in force, per second; `None` before the first tick.
    pub(super) fn rate(&self) -> Option<f64> {
        let rate = f64::from_bits(self.rate.load(Ordering::Relaxed));
        (!rate.is_nan()).then_some(rate)
    }
}
