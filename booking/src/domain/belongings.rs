//! What of a date is the caller's own: seats that are bought or held, and those that lapsed lately.

use shared::ids::SeatId;

use super::reservation::{Deadline, Hold};
use super::seat::Wanted;
use crate::refusal::Refusal;

/// A seat that the caller has.
#[derive(Debug, Clone)]
pub struct Possession {
    /// The seat.
    pub seat: SeatId,
    /// The live hold that it is on; none when it is bought.
    pub hold: Option<Hold>,
}

/// A seat that the caller let lapse a moment ago.
#[derive(Debug, Clone)]
pub struct Lapse {
    /// The seat.
    pub seat: SeatId,
    /// When the caller may have it again.
    pub until: Deadline,
}

/// What of a date is the caller's, or was until a moment ago.
#[derive(Debug, Clone, Default)]
pub struct Belongings {
    /// Seats that are bought, or on a live hold.
    pub has: Vec<Possession>,
    /// Seats that have to cool down first.
    pub lapsed: Vec<Lapse>,
}

impl Belongings {
    /// Whether the caller has let none of these seats lapse a moment ago.
    ///
    /// # Errors
    /// [`Refusal::SeatCooldown`].
    pub fn check_cooldown(&self, wanted: &[Wanted]) -> Result<(), Refusal> {
        let is_wanted = |lapse: &&Lapse| wanted.iter().any(|seat| seat.id == lapse.seat);
        let lapsed: Vec<&Lapse> = self.lapsed.iter().filter(is_wanted).collect();
        let longest = lapsed.iter().map(|lapse| lapse.until.left_ms()).max();
        let Some(retry_after_ms) = longest else {
            return Ok(());
        };
        let mut seats: Vec<SeatId> = lapsed.iter().map(|lapse| lapse.seat).collect();
        seats.sort_unstable();
        seats.dedup();
        Err(Refusal::SeatCooldown {
            seats,
            retry_after_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::seat::Standing;

    #[test]
    fn a_seat_that_the_caller_let_lapse_has_to_cool_down() {
        let id = |number| SeatId::new(number).expect("an id");
        let now = "2024-10-01T00:00:00Z".parse().expect("a time");
        let lapse = |seat| Lapse {
            seat: id(seat),
            until: Deadline::new(now + TimeDelta::seconds(40), now),
        };
        let belongings = Belongings {
            has: vec![],
            lapsed: vec![lapse(2), lapse(2), lapse(7)],
        };
        let wanted = |seat| Wanted {
            id: id(seat),
            price: 1,
            standing: Standing::Free,
        };
        assert!(belongings.check_cooldown(&[wanted(1), wanted(3)]).is_ok());
        let refusal = belongings.check_cooldown(&[wanted(1), wanted(2)]);
        let Err(Refusal::SeatCooldown {
            seats,
            retry_after_ms,
        }) = refusal
        else {
            panic!("{refusal:?}");
        };
        assert_eq!(seats, [id(2)]);
        assert!((1..=40_000).contains(&retry_after_ms));
    }
}
