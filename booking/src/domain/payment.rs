//! A payment: all live holds of the caller in one queue, or one reservation, all or nothing.

use shared::ids::SeatId;
use uuid::Uuid;

use super::reservation::{ReservationId, Status};
use crate::refusal::Refusal;

/// A live hold that is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its reservation.
    pub reservation: ReservationId,
    /// The sum frozen when it was made, in won.
    pub amount: i64,
    /// Its seats, ascending.
    pub seats: Vec<SeatId>,
}

/// What one call pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// The holds, by reservation, ascending.
    pub holds: Vec<Due>,
    /// Whether the caller has no other live hold in this queue.
    pub is_last: bool,
}

impl Bill {
    /// All the live holds, or the one of `only`. `None` when there is nothing to pay.
    #[must_use]
    pub fn of(live: Vec<Due>, only: Option<ReservationId>) -> Option<Self> {
        let found = live.len();
        let wanted = |due: &Due| only.is_none_or(|only| due.reservation == only);
        let holds: Vec<Due> = live.into_iter().filter(wanted).collect();
        let is_last = holds.len() == found;
        (!holds.is_empty()).then_some(Self { holds, is_last })
    }

    /// The sum, in won.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.holds.iter().map(|due| due.amount).sum()
    }

    /// The reservations, ascending.
    #[must_use]
    pub fn reservations(&self) -> Vec<ReservationId> {
        self.holds.iter().map(|due| due.reservation).collect()
    }

    /// Every seat of it, ascending: the order in which all transactions lock seats.
    #[must_use]
    pub fn seats(&self) -> Vec<SeatId> {
        let mut seats: Vec<_> = self
            .holds
            .iter()
            .flat_map(|due| due.seats.clone())
            .collect();
        seats.sort_unstable();
        seats
    }

    /// Whether the client expects to pay just this. Its amount is compared, never believed.
    ///
    /// # Errors
    /// [`Refusal::AmountMismatch`] with what would be right.
    pub fn check_amount(&self, amount: i64) -> Result<(), Refusal> {
        let expected = self.total();
        if amount == expected {
            return Ok(());
        }
        let reservations = self.holds.iter().map(|due| (due.reservation, due.amount));
        Err(Refusal::AmountMismatch {
            expected,
            reservations: reservations.collect(),
        })
    }
}

/// A payment that was made.
#[derive(Debug, Clone)]
pub struct Payment {
    /// Its name: a `UUIDv7`.
    pub id: Uuid,
    /// What it paid.
    pub due: Due,
    /// The balance after it, in won.
    pub balance_after: i64,
}

impl Payment {
    /// One payment for each hold of the bill, from this balance.
    #[must_use]
    pub fn for_each(bill: &Bill, balance: i64) -> Vec<Self> {
        let mut rest = balance;
        let pay = |due: &Due| {
            rest -= due.amount;
            Self {
                id: Uuid::now_v7(),
                due: due.clone(),
                balance_after: rest,
            }
        };
        bill.holds.iter().map(pay).collect()
    }
}

/// Why a reservation that the caller named is not a live hold.
#[must_use]
pub fn why_not_payable(status: Status, lapsed: bool) -> Refusal {
    match status.shown(lapsed) {
        Status::Paid => Refusal::AlreadyPaid,
        Status::Released | Status::Refunded => Refusal::NothingToPay,
        // `Reserved` here: it lapsed between two reads.
        Status::Expired | Status::Reserved => Refusal::HoldExpired,
    }
}

/// Why there is nothing to pay at all. A fan who was too late has to be told so, rather than that
/// the session is over, which he can see himself.
#[must_use]
pub const fn why_nothing_is_due(lapsed_lately: bool, session_over: bool) -> Refusal {
    if lapsed_lately {
        Refusal::HoldExpired
    } else if session_over {
        Refusal::SessionExpired
    } else {
        Refusal::NothingToPay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(seats: [u64; 2]) -> Due {
        Due {
            reservation: ReservationId::generate(),
            amount: 20_000,
            seats: seats.map(|id| SeatId::new(id).expect("an id")).to_vec(),
        }
    }

    #[test]
    fn a_bill_pays_everything_or_the_one_that_was_named() {
        let (first, second) = (due([1, 4]), due([2, 3]));
        let live = vec![first.clone(), second.clone()];
        let all = Bill::of(live.clone(), None).expect("a bill");
        assert_eq!((all.total(), all.is_last), (40_000, true));
        assert_eq!(
            all.seats().iter().map(|id| id.get()).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
        let one = Bill::of(live.clone(), Some(second.reservation)).expect("a bill");
        assert_eq!((one.holds, one.is_last), (vec![second], false));
        assert_eq!(Bill::of(live, Some(ReservationId::generate())), None);
        assert_eq!(Bill::of(vec![], None), None);
    }

    #[test]
    fn a_wrong_amount_is_told_the_right_one() {
        let bill = Bill::of(vec![due([1, 2])], None).expect("a bill");
        assert!(bill.check_amount(20_000).is_ok());
        let refusal = bill.check_amount(19_999).expect_err("a wrong amount");
        assert!(matches!(
            refusal,
            Refusal::AmountMismatch {
                expected: 20_000,
                ..
            }
        ));
    }

    #[test]
    fn each_payment_knows_the_balance_after_it() {
        let bill = Bill::of(vec![due([1, 2]), due([3, 4])], None).expect("a bill");
        let balances: Vec<_> = Payment::for_each(&bill, 50_000)
            .iter()
            .map(|payment| payment.balance_after)
            .collect();
        assert_eq!(balances, [30_000, 10_000]);
    }

    #[test]
    fn who_was_too_late_is_told_so_before_anything_else() {
        assert!(matches!(
            why_nothing_is_due(true, true),
            Refusal::HoldExpired
        ));
        assert!(matches!(
            why_nothing_is_due(false, true),
            Refusal::SessionExpired
        ));
        assert!(matches!(
            why_nothing_is_due(false, false),
            Refusal::NothingToPay
        ));
    }
}
