//! The one place that reads the machine's wall clock.
//!
//! Only token lifetimes are judged by it, in whole seconds. Sessions are judged on Redis's clock
//! and holds on the database's, so that no two machines have to agree on the time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch on this machine's clock.
#[must_use]
pub fn unix_seconds() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that may ask"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
