//! When a fan should ask again: soon at the front, seldom at the back, and never all at once.

use std::time::Duration;

use shared::jitter::jittered;

/// At the front.
pub(crate) const SHORTEST: Duration = Duration::from_secs(1);
/// At the back; what is told is never longer.
pub(crate) const LONGEST: Duration = Duration::from_secs(10);
/// While nothing is known of the line's speed.
const UNKNOWN: Duration = Duration::from_secs(2);
/// Of the time that the fan will wait at least, a fan may sleep through so much.
const SHARE_SLEPT: f64 = 0.25;

/// When to ask again, for who is at this position of a line that lets in so many per second.
pub(crate) fn poll_after(position: u64, rate: Option<f64>) -> Duration {
    let Some(rate) = rate else {
        return jittered(UNKNOWN);
    };
    #[expect(clippy::cast_precision_loss, reason = "positions are far below 2^52")]
    let seconds = position as f64 / rate.max(0.001) * SHARE_SLEPT;
    let (shortest, longest) = (SHORTEST.as_secs_f64(), LONGEST.as_secs_f64());
    let pause = Duration::from_secs_f64(seconds.clamp(shortest, longest));
    jittered(pause).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_asks_often_and_the_back_seldom() {
        let front = poll_after(1, Some(50.0));
        let back = poll_after(100_000, Some(50.0));
        assert!(front <= 2 * SHORTEST, "{front:?}");
        assert!(back > LONGEST / 2 && back <= LONGEST, "{back:?}");
        assert!(poll_after(1, Some(0.0)) <= LONGEST);
        assert!(poll_after(1, None) <= 2 * UNKNOWN);
    }
}
