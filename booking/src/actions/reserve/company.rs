//! A reserve in company: seats that are free, for a user who has nothing of their date yet.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use shared::ids::{SeatId, UserId};

use super::{Taken, Wish};
use crate::actions::Call;
use crate::actions::together::{Verdict, Write, Writer};
use crate::domain::belongings::Belongings;
use crate::domain::reservation::Hold;
use crate::domain::seat::Offer;
use crate::store::seat::Seen;
use crate::store::{self, Question};

/// A call that reserves seats.
#[derive(Clone)]
pub struct ReserveCall {
    pub(in crate::actions) call: Call,
    pub(in crate::actions) wish: Wish,
    pub(super) answer: Writer<Hold>,
}

/// What a group has to know of its callers and of the seats that they want.
pub(in crate::actions) struct Stock {
    /// The dates of which the callers have ever had anything.
    dates: HashSet<(UserId, i64)>,
    /// The seats that are available, locked for the group.
    available: HashSet<SeatId>,
    /// How the seats stand, whoever has locked them.
    seen: HashMap<SeatId, Seen>,
}

/// Locks what is available, and only then looks: what is locked stays as it is seen.
pub(in crate::actions) fn question(all: &[&ReserveCall]) -> Question<Stock> {
    let users: Vec<UserId> = all.iter().map(|one| one.call.user).collect();
    let seats = all.iter().flat_map(|one| one.wish.seats.as_slice());
    let mut seats: Vec<SeatId> = seats.copied().collect();
    seats.sort_unstable();
    let dates = store::belongings::dates(&users);
    let seats = store::seat::lock_available(&seats).and(store::seat::look(&seats));
    let question = dates.and(seats);
    question.map(|(dates, (available, seen))| Stock {
        dates,
        available,
        seen,
    })
}

impl ReserveCall {
    /// What comes of it. What a look refuses is refused. Who may have something of the date
    /// already, and whose seats are let lapse or somebody else works at, goes alone.
    pub(in crate::actions) fn judge(&self, stock: &Stock, hold: Duration) -> Verdict {
        let user = self.call.user;
        let Some(offer) = self.offer(stock, hold) else {
            return Verdict::ALONE;
        };
        if stock.dates.contains(&(user, offer.date)) {
            return Verdict::ALONE;
        }
        let allowed = offer.check(&self.wish.queue);
        if let Err(refusal) = allowed.and_then(|_| offer.check_caller(&Belongings::default())) {
            return Verdict::Told(Err(refusal));
        }
        let seats = self.wish.seats.as_slice();
        if !seats.iter().all(|seat| stock.available.contains(seat)) {
            return Verdict::ALONE;
        }
        let taken = Taken::new(user, offer);
        let answer = (self.answer)(&taken.hold);
        Verdict::Does(Write::Take(taken), answer)
    }

    /// The offer of the seats; none when it is not one, which the caller hears of alone.
    fn offer(&self, stock: &Stock, hold: Duration) -> Option<Offer> {
        let seats = &self.wish.seats;
        let seen = seats.as_slice().iter().map(|seat| stock.seen.get(seat));
        let seen: Vec<Seen> = seen.map(Option::<&Seen>::cloned).collect::<Option<_>>()?;
        let offers = store::seat::offers(seen, self.call.user, hold).ok()?;
        Offer::of(offers, seats).ok()
    }
}
