//! A seat: available -> held -> sold; held -> available, or straight to another hold once lapsed.

use serde::Serialize;
use shared::ids::{QueueName, SeatId};
use utoipa::ToSchema;

use super::belongings::Belongings;
use super::date::SaleWindow;
use super::reservation::{Deadline, Hold, ReservationId};
use crate::refusal::Refusal;

/// The most seats that one call may reserve.
pub const MAX_SEATS_A_CALL: usize = 4;

/// The seats of one call: 1 to [`MAX_SEATS_A_CALL`], ascending, each once. Every transaction locks
/// seats in this order, so that no two wait for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatIds(Vec<SeatId>);

impl SeatIds {
    /// These seats, put in order.
    ///
    /// # Errors
    /// [`Refusal::InvalidField`] when there are none, too many, or one twice.
    pub fn new(mut ids: Vec<SeatId>) -> Result<Self, Refusal> {
        ids.sort_unstable();
        let given = ids.len();
        ids.dedup();
        if ids.len() < given || !(1..=MAX_SEATS_A_CALL).contains(&given) {
            let detail = format!("must be 1 to {MAX_SEATS_A_CALL} seats, each once");
            return Err(Refusal::invalid("seatIds", detail));
        }
        Ok(Self(ids))
    }

    /// One seat.
    #[must_use]
    pub fn one(id: SeatId) -> Self {
        Self(vec![id])
    }

    /// The ids, ascending.
    #[must_use]
    pub fn as_slice(&self) -> &[SeatId] {
        &self.0
    }
}

/// Where a seat is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Unique within concert and date.
    pub number: i64,
    /// The part of the hall.
    pub section: String,
    /// The row within it.
    pub row: String,
    /// The seat within the row.
    pub seat: String,
}

/// A seat's state as fans see it: a lapsed hold is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SeatStatus)]
pub enum State {
    /// It can be reserved.
    Available,
    /// Someone has it for some minutes; it may come back.
    Held,
    /// It is someone's.
    Sold,
}

/// A seat in a list.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Its id.
    pub id: SeatId,
    /// Where it is.
    pub place: Place,
    /// Its price now, in won.
    pub price: i64,
    /// Its state.
    pub state: State,
}

/// How a seat stands towards who wants it.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Nobody has it.
    Free,
    /// The hold of this reservation has lapsed.
    Lapsed(ReservationId),
    /// The caller holds it already.
    Mine(Hold),
    /// It is held by another, sold or not for sale.
    Taken,
}

/// A seat that somebody wants, as a plain read saw it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The seat.
    pub id: SeatId,
    /// Its price, in won; a hold freezes it.
    pub price: i64,
    /// Whether it is to be had.
    pub standing: Standing,
}

/// Seats of one date that somebody wants, with what has to be known to say yes. It only ends the
/// losers early; the conditional UPDATE has the last word.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The row of the date in `concert_dates`.
    pub date: i64,
    /// The queue that sells this concert.
    pub queue: String,
    /// How many seats of one date a user may have.
    pub max_seats: i64,
    /// When the date is on sale.
    pub window: SaleWindow,
    /// When a hold made now would end.
    pub deadline: Deadline,
    /// The seats, ascending.
    pub seats: Vec<Wanted>,
}

impl Offer {
    /// The offer of exactly these seats.
    ///
    /// # Errors
    /// [`Refusal::SeatNotFound`] names those that there are none of; seats of several dates are
    /// [`Refusal::InvalidField`].
    pub fn of(offers: Vec<Self>, wanted: &SeatIds) -> Result<Self, Refusal> {
        let found = |id: &SeatId| {
            offers
                .iter()
                .any(|offer| offer.seats.iter().any(|s| s.id == *id))
        };
        let missing = wanted.as_slice().iter().copied().filter(|id| !found(id));
        let missing: Vec<SeatId> = missing.collect();
        if !missing.is_empty() {
            return Err(Refusal::SeatNotFound { seats: missing });
        }
        let mut offers = offers.into_iter();
        match (offers.next(), offers.next()) {
            (Some(offer), None) => Ok(offer),
            _ => Err(Refusal::invalid("seatIds", "must be seats of one date")),
        }
    }

    /// Whether the caller, whose these seats of the date are already, may have the offered ones
    /// too. Gives back the caller's own hold when it has them all. Asked under the caller's lock.
    ///
    /// # Errors
    /// [`Refusal::SeatCooldown`], [`Refusal::SeatLimit`].
    pub fn check_caller(&self, of_caller: &Belongings) -> Result<Option<Hold>, Refusal> {
        let have = &of_caller.has;
        let hold_of = |seat: &Wanted| have.iter().find(|has| has.seat == seat.id)?.hold.as_ref();
        if let Some(hold) = the_same(self.seats.iter().map(hold_of)) {
            return Ok(Some(hold.clone()));
        }
        of_caller.check_cooldown(&self.seats)?;
        let limit = self.max_seats;
        let count = |seats: usize| i64::try_from(seats).unwrap_or(i64::MAX);
        if count(have.len() + self.seats.len()) > limit {
            let have = count(have.len());
            return Err(Refusal::SeatLimit { limit, have });
        }
        Ok(None)
    }

    /// Whether the caller may go on to the transaction. Gives back the caller's own hold when it
    /// has all these seats already.
    ///
    /// # Errors
    /// The first that fits: `WrongQueue`, `SaleNotOpen`, `SaleClosed`, `SeatTaken`.
    pub fn check(&self, queue: &QueueName) -> Result<Option<Hold>, Refusal> {
        if self.queue != queue.as_str() {
            return Err(Refusal::WrongQueue);
        }
        if let Some(hold) = self.own_hold() {
            return Ok(Some(hold.clone()));
        }
        self.window.check(self.deadline.read_at())?;
        let lost = |seat: &&Wanted| matches!(seat.standing, Standing::Taken | Standing::Mine(_));
        let lost: Vec<SeatId> = self.seats.iter().filter(lost).map(|seat| seat.id).collect();
        if lost.is_empty() {
            Ok(None)
        } else {
            Err(Refusal::SeatTaken { seats: lost })
        }
    }

    /// Whether nobody has any of the seats.
    #[must_use]
    pub fn is_free(&self) -> bool {
        let free = |seat: &Wanted| matches!(seat.standing, Standing::Free);
        self.seats.iter().all(free)
    }

    /// The sum of the prices, in won.
    #[must_use]
    pub fn amount(&self) -> i64 {
        self.seats.iter().map(|seat| seat.price).sum()
    }

    /// The reservations whose holds end when these seats are taken over, ascending.
    #[must_use]
    pub fn superseded(&self) -> Vec<ReservationId> {
        let holder = |seat: &Wanted| match &seat.standing {
            Standing::Lapsed(reservation) => Some(*reservation),
            // It was live a moment ago. If the take-over succeeds, it has lapsed since.
            Standing::Mine(hold) => Some(hold.id),
            Standing::Free | Standing::Taken => None,
        };
        let mut reservations: Vec<_> = self.seats.iter().filter_map(holder).collect();
        reservations.sort_unstable();
        reservations.dedup();
        reservations
    }

    /// The one hold of the caller that has all these seats.
    fn own_hold(&self) -> Option<&Hold> {
        the_same(self.seats.iter().map(|seat| match &seat.standing {
            Standing::Mine(hold) => Some(hold),
            _ => None,
        }))
    }
}

/// The hold that all of these are, when they are one.
fn the_same<'a>(mut holds: impl Iterator<Item = Option<&'a Hold>>) -> Option<&'a Hold> {
    let first = holds.next()??;
    let same = holds.all(|hold| hold.is_some_and(|hold| hold.id == first.id));
    same.then_some(first)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::belongings::Possession;

    fn id(number: u64) -> SeatId {
        SeatId::new(number).expect("an id")
    }

    fn hold() -> Hold {
        Hold {
            id: ReservationId::generate(),
            amount: 1,
            deadline: offer(vec![]).deadline,
        }
    }

    fn offer(standings: Vec<Standing>) -> Offer {
        let now = "2024-10-01T00:00:00Z".parse().expect("a time");
        let wanted = |(index, standing)| Wanted {
            id: id(index),
            price: 10_000,
            standing,
        };
        Offer {
            date: 1,
            queue: "main".to_owned(),
            max_seats: 4,
            window: SaleWindow {
                opens_at: now,
                closes_at: now + TimeDelta::hours(1),
            },
            deadline: Deadline::new(now + TimeDelta::seconds(300), now),
            seats: (1..).zip(standings).map(wanted).collect(),
        }
    }

    fn check(offer: &Offer) -> Result<Option<Hold>, Refusal> {
        offer.check(&"main".parse().expect("a name"))
    }

    #[test]
    fn seats_are_sorted_and_each_is_there_once() {
        let seats = SeatIds::new(vec![id(3), id(1)]).expect("two seats");
        assert_eq!(seats.as_slice(), [id(1), id(3)]);
        for refused in [vec![], vec![id(1), id(1)], (1..=5).map(id).collect()] {
            assert!(SeatIds::new(refused).is_err());
        }
    }

    #[test]
    fn the_taken_seats_are_named() {
        let offer = offer(vec![Standing::Free, Standing::Taken]);
        let refusal = check(&offer).expect_err("a taken seat was offered");
        assert!(matches!(refusal, Refusal::SeatTaken { seats } if seats == [id(2)]));
    }

    #[test]
    fn seats_that_i_hold_are_no_loss() {
        let mine = hold();
        let both = offer(vec![
            Standing::Mine(mine.clone()),
            Standing::Mine(mine.clone()),
        ]);
        let kept = check(&both).expect("my seats").expect("my hold");
        assert_eq!(kept.id, mine.id);
    }

    #[test]
    fn a_lapsed_hold_is_taken_over_and_its_reservation_named_once() {
        let lapsed = ReservationId::generate();
        let offer = offer(vec![Standing::Lapsed(lapsed), Standing::Lapsed(lapsed)]);
        assert!(matches!(check(&offer), Ok(None)));
        assert_eq!(offer.superseded(), [lapsed]);
    }

    #[test]
    fn a_user_gets_up_to_the_limit_and_no_seat_more() {
        let one = offer(vec![Standing::Free]);
        let has = |seat, hold| Possession {
            seat: id(seat),
            hold,
        };
        let check = |has| {
            one.check_caller(&Belongings {
                has,
                lapsed: vec![],
            })
        };
        let three = (11..14).map(|seat| has(seat, None)).collect();
        assert!(matches!(check(three), Ok(None)));
        let four = (11..15).map(|seat| has(seat, Some(hold()))).collect();
        let refusal = check(four).expect_err("a fifth seat");
        assert!(matches!(refusal, Refusal::SeatLimit { limit: 4, have: 4 }));
        assert!(matches!(check(vec![has(1, Some(hold()))]), Ok(Some(_))));
    }

    #[test]
    fn seats_that_do_not_exist_are_named() {
        let wanted = SeatIds::new(vec![id(1), id(9)]).expect("two seats");
        let refusal = Offer::of(vec![offer(vec![Standing::Free])], &wanted);
        assert!(matches!(refusal, Err(Refusal::SeatNotFound { seats }) if seats == [id(9)]));
    }

    #[test]
    fn another_queue_sells_nothing_here() {
        let mut offer = offer(vec![Standing::Free]);
        offer.queue = "other".to_owned();
        assert!(matches!(check(&offer), Err(Refusal::WrongQueue)));
    }
}
