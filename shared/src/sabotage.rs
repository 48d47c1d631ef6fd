//! Switches one guard off, in test builds only, so that a race test can prove that it would fail.
//!
//! Without the cargo feature `sabotage` every question is answered `false` at compile time, and the
//! guards cannot be switched off at all.

/// Whether the guard of this name is switched off by the environment variable `SABOTAGE`.
#[cfg(feature = "sabotage")]
#[must_use]
pub fn is_off(guard: &str) -> bool {
    std::env::var("SABOTAGE").is_ok_and(|name| name == guard)
}

/// Whether the guard of this name is switched off: never, in this build.
#[cfg(not(feature = "sabotage"))]
#[must_use]
pub const fn is_off(_guard: &str) -> bool {
    false
}
