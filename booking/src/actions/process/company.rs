//! A payment in company: live holds for just the amount, covered by the balance.

use std::collections::HashSet;

use shared::ids::{SeatId, UserId};

use super::{Order, Paid, Sale};
use crate::actions::Call;
use crate::actions::together::{Verdict, Write, Writer};
use crate::domain::payment::Bill;
use crate::store::balance::Account;
use crate::store::reservation::Dues;
use crate::store::{self, Question};

/// A call that pays.
#[derive(Clone)]
pub struct PaymentCall {
    pub(in crate::actions) call: Call,
    pub(super) order: Order,
    pub(super) answer: Writer<Paid>,
}

/// What the callers of a group owe.
pub(in crate::actions) struct Owed {
    dues: Dues,
    /// The seats that are locked for the group.
    locked: HashSet<SeatId>,
}

/// Locks the seats of the callers, and only then asks what is due.
pub(in crate::actions) fn question(all: &[&PaymentCall]) -> Question<Owed> {
    let users: Vec<UserId> = all.iter().map(|one| one.call.user).collect();
    let locked = store::seat::lock_held(&users);
    let question = locked.and(store::reservation::dues(&users));
    question.map(|(locked, dues)| Owed { dues, locked })
}

impl PaymentCall {
    /// What comes of it. Unless all is as the caller expects it, and nobody else works at a seat of
    /// theirs, the caller goes alone.
    pub(in crate::actions) fn judge(&self, owed: &mut Owed, account: &Account) -> Verdict {
        let Some(sale) = self.sale(owed, account) else {
            return Verdict::ALONE;
        };
        let answer = self.order.answered(&sale, &self.answer);
        Verdict::Does(Write::Sell(sale), answer)
    }

    fn sale(&self, owed: &mut Owed, account: &Account) -> Option<Sale> {
        let live = owed.dues.take(self.call.user, &self.order.queue);
        let bill = Bill::of(live, self.order.only)?;
        let is_right = bill.check_amount(self.order.amount).is_ok();
        let is_ours = bill.seats().iter().all(|seat| owed.locked.contains(seat));
        let is_plain = is_right && is_ours && account.covers(bill.total());
        is_plain.then(|| Sale::new(self.call.user, bill, account))
    }
}
