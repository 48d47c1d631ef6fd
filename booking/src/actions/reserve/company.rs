//! A reserve in company: seats that are free, for a user who has nothing of their date yet.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use shared::ids::{SeatId, UserId};

use super::{Taken, Wish};
use crate::actions::Call;
use crate::actions::together::{Verdict, Writer};
use crate::domain::belongings::Belongings;
use crate::domain::reservation::Hold;
use crate::domain::seat::Offer;
use crate::store::seat::Seen;
use crate::store::{self, Question};

/// A call that reserves.
#[derive(Clone)]
pub struct Ready {
    pub(in crate::actions) call: Call,
    pub(in crate::actions) wish: Wish,
    pub(super) answer: Writer<Hold>,
}

/// What a group has to know of the seats that its callers want, and of these callers.
pub(in crate::actions) struct Stock {
    /// The dates of which they have ever had anything.
    dates: HashSet<(UserId, i64)>,
    /// The seats that are locked for the group.
    locked: HashSet<SeatId>,
    seen: HashMap<SeatId, Seen>,
}

/// Locks the seats, and only then looks at them: what is seen stays so.
pub(in crate::actions) fn question(all: &[&Ready]) -> Question<Stock> {
    let users: Vec<UserId> = all.iter().map(|one| one.call.user).collect();
    let seats = all.iter().flat_map(|one| one.wish.seats.as_slice());
    let mut seats: Vec<SeatId> = seats.copied().collect();
    seats.sort_unstable();
    let dates = store::belongings::dates(&users);
    let seats = store::seat::locked(&seats).and(store::seat::look(&seats));
    dates.and(seats).map(|(dates, (locked, seen))| Stock {
        dates,
        locked,
        seen,
    })
}

impl Ready {
    /// What comes of it. Who may have something of the date already, and whose seats somebody else
    /// works at, or let lapse, goes alone.
    pub(in crate::actions) fn judge(&self, stock: &Stock, hold: Duration) -> Verdict<Taken> {
        let user = self.call.user;
        let Some(offer) = self.offer(stock, hold) else {
            return Verdict::ALONE;
        };
        if stock.dates.contains(&(user, offer.date)) {
            return Verdict::ALONE;
        }
        if let Err(refusal) = offer.check(&self.wish.queue) {
            return Verdict::Told(Err(refusal));
        }
        if let Err(refusal) = offer.check_caller(&Belongings::default()) {
            return Verdict::Told(Err(refusal));
        }
        if !offer.is_free() {
            return Verdict::ALONE;
        }
        let taken = Taken::new(user, offer);
        let answer = (self.answer)(&taken.hold);
        Verdict::Does(taken, answer)
    }

    fn offer(&self, stock: &Stock, hold: Duration) -> Option<Offer> {
        let seats = &self.wish.seats;
        let mut seen = Vec::new();
        for seat in seats.as_slice() {
            seen.push(stock.seen.get(stock.locked.get(seat)?)?.clone());
        }
        let offers = store::seat::offers(seen, self.call.user, hold).ok()?;
        Offer::of(offers, seats).ok()
    }
}
