//! Use of capacity: how much of the room that the house has was taken by fans who shop.

use std::time::Duration;

use crate::witness::line::Use;

/// Claimed sessions as a share of the cap, on average over the looks at which present fans waited
/// and the rate was not the limit. None when there was no such look.
///
/// Each look comes with the time since the start.
pub(super) fn use_of_capacity(
    looks: &[(Duration, Use)],
    cap: u64,
    fans_waited: impl Fn(Duration) -> bool,
) -> Option<f64> {
    let counted = looks
        .iter()
        .filter(|(at, look)| !look.rate_limits && fans_waited(*at));
    let (mut claimed, mut room) = (0, 0);
    for (_, look) in counted {
        claimed += look.claimed as u64;
        room += cap;
    }
    (room > 0).then(|| share(claimed, room))
}

/// The longest time in which there was room for one more session, present fans waited and the rate
/// was not the limit, to the grain of the looks: how long a slot stands empty once its session is
/// over.
pub(super) fn longest_vacancy(
    looks: &[(Duration, Use)],
    fans_waited: impl Fn(Duration) -> bool,
) -> Duration {
    let mut longest = Duration::ZERO;
    let mut since = None;
    for (at, look) in looks {
        let is_vacant = look.has_room && !look.rate_limits && fans_waited(*at);
        since = is_vacant.then(|| since.unwrap_or(*at));
        longest = longest.max(since.map_or(Duration::ZERO, |since| at.saturating_sub(since)));
    }
    longest
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a run has far fewer than 2^53 sessions"
)]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn look(second: u64, claimed: usize, rate_limits: bool) -> (Duration, Use) {
        let at = Instant::now();
        (
            Duration::from_secs(second),
            Use {
                at,
                claimed,
                has_room: claimed < 8,
                rate_limits,
            },
        )
    }

    #[test]
    fn only_looks_at_which_fans_waited_for_room_count() {
        let looks = [
            look(1, 8, false),
            look(2, 6, false),
            look(3, 0, true),
            look(9, 0, false),
        ];
        let used = use_of_capacity(&looks, 10, |at| at < Duration::from_secs(9));
        assert!(
            used.is_some_and(|used| (used - 0.7).abs() < 1e-9),
            "{used:?}"
        );
        assert_eq!(use_of_capacity(&looks[2..], 10, |_| false), None);
    }

    #[test]
    fn a_vacancy_lasts_as_long_as_looks_in_a_row_see_room() {
        let free = |second| look(second, 7, false);
        let looks = [
            free(1),
            free(3),
            look(4, 8, false),
            free(5),
            look(8, 7, true),
        ];
        let longest = |looks| longest_vacancy(looks, |_| true);
        assert_eq!(longest(&looks), Duration::from_secs(2));
        assert_eq!(longest(&looks[2..]), Duration::ZERO, "seen once");
        assert_eq!(longest_vacancy(&looks, |_| false), Duration::ZERO);
    }
}
