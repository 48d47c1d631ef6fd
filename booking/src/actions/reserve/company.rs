//! A reserve in company: seats that are free, for a user who has nothing of their date yet.

use std::collections::HashSet;

use shared::ids::{SeatId, UserId};

use super::Taken;
use crate::actions::Call;
use crate::actions::together::{Verdict, Write, Writer};
use crate::domain::belongings::Belongings;
use crate::domain::reservation::Hold;
use crate::domain::seat::Offer;
use crate::store::{self, Question};

/// A call that reserves seats, which are free as far as a plain read could see.
#[derive(Clone)]
pub struct ReserveCall {
    pub(in crate::actions) call: Call,
    pub(super) offer: Offer,
    pub(super) answer: Writer<Hold>,
}

/// What a group has to know of its callers and of the seats that they want.
pub(in crate::actions) struct Stock {
    /// The dates of which the callers have ever had anything.
    dates: HashSet<(UserId, i64)>,
    /// The seats that are still available, locked for the group.
    available: HashSet<SeatId>,
}

pub(in crate::actions) fn question(all: &[&ReserveCall]) -> Question<Stock> {
    let users: Vec<UserId> = all.iter().map(|one| one.call.user).collect();
    let mut seats: Vec<SeatId> = all.iter().flat_map(|one| one.seats()).collect();
    seats.sort_unstable();
    let dates = store::belongings::dates(&users);
    let question = dates.and(store::seat::lock_available(&seats));
    question.map(|(dates, available)| Stock { dates, available })
}

impl ReserveCall {
    pub(in crate::actions) fn seats(&self) -> impl Iterator<Item = SeatId> {
        self.offer.seats.iter().map(|seat| seat.id)
    }

    /// What comes of it. Who may have something of the date already, and whose seats are gone or
    /// somebody else works at, goes alone.
    pub(in crate::actions) fn judge(&self, stock: &Stock) -> Verdict {
        let has_any = stock.dates.contains(&(self.call.user, self.offer.date));
        let is_allowed = self.offer.check_caller(&Belongings::default()).is_ok();
        let is_to_be_had = self.seats().all(|seat| stock.available.contains(&seat));
        if has_any || !is_allowed || !is_to_be_had {
            return Verdict::ALONE;
        }
        let taken = Taken::new(self.call.user, self.offer.clone());
        let answer = (self.answer)(&taken.hold);
        Verdict::Does(Write::Take(taken), answer)
    }
}
