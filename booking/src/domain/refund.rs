//! A refund: a paid reservation gives its seats back and its money with them. Its owner may cancel
//! until the concert's cutoff, an operator at any time.

use chrono::{DateTime, Utc};
use shared::ids::SeatId;
use uuid::Uuid;

use super::reservation::Status;
use crate::refusal::Refusal;

/// A reservation as a refund finds it.
#[derive(Debug, Clone)]
pub struct Sale {
    /// How it stands in the database.
    pub status: Status,
    /// What was paid, in won.
    pub amount: i64,
    /// Its seats, ascending.
    pub seats: Vec<SeatId>,
    /// Its payment, when it has one.
    pub payment: Option<Uuid>,
    /// When the money went back, if it has.
    pub refunded_at: Option<DateTime<Utc>>,
    /// The first moment at which it is too late to cancel; none where the concert has no refunds.
    pub cancel_until: Option<DateTime<Utc>>,
    /// What the database's clock said when this was read.
    pub now: DateTime<Utc>,
}

/// Money that went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refund {
    /// How much, in won.
    pub amount: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether that was done by an earlier call.
    pub earlier: bool,
}

impl Sale {
    /// The refund that it has had.
    #[must_use]
    pub fn earlier_refund(&self) -> Option<Refund> {
        let at = self
            .refunded_at
            .filter(|_| self.status == Status::Refunded)?;
        Some(Refund {
            amount: self.amount,
            at,
            earlier: true,
        })
    }

    /// Whether an operator may give the money back: what was refunded stays so, and is answered
    /// alike.
    ///
    /// # Errors
    /// [`Refusal::NothingToRefund`] when it was never paid.
    pub const fn may_be_refunded(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Paid | Status::Refunded => Ok(()),
            Status::Reserved | Status::Expired | Status::Released => Err(Refusal::NothingToRefund),
        }
    }

    /// Whether its owner may cancel it now. What was refunded before the cutoff stays so after it.
    ///
    /// # Errors
    /// [`Refusal::NothingToRefund`], [`Refusal::NotRefundable`] or [`Refusal::CancelTooLate`].
    pub fn may_be_cancelled(&self) -> Result<(), Refusal> {
        self.may_be_refunded()?;
        match self.cancel_until {
            _ if self.status == Status::Refunded => Ok(()),
            None => Err(Refusal::NotRefundable),
            Some(until) if self.now >= until => Err(Refusal::CancelTooLate { until }),
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn sale(status: Status, left: Option<TimeDelta>) -> Sale {
        let now = "2024-10-01T00:00:00Z".parse().expect("a time");
        Sale {
            status,
            amount: 10_000,
            seats: Vec::new(),
            payment: None,
            refunded_at: Some(now),
            cancel_until: left.map(|left| now + left),
            now,
        }
    }

    #[test]
    fn the_cutoff_is_the_first_moment_that_is_too_late() {
        let paid = |left| sale(Status::Paid, Some(left)).may_be_cancelled();
        assert!(paid(TimeDelta::microseconds(1)).is_ok());
        assert!(matches!(
            paid(TimeDelta::zero()),
            Err(Refusal::CancelTooLate { .. })
        ));
        let never = sale(Status::Paid, None);
        assert!(matches!(
            never.may_be_cancelled(),
            Err(Refusal::NotRefundable)
        ));
        assert!(never.may_be_refunded().is_ok(), "an operator may");
    }

    #[test]
    fn what_was_refunded_stays_so_and_what_was_never_paid_is_not_refunded() {
        let refunded = sale(Status::Refunded, None);
        assert!(refunded.may_be_cancelled().is_ok());
        assert!(
            refunded
                .earlier_refund()
                .is_some_and(|refund| refund.earlier)
        );
        assert_eq!(sale(Status::Paid, None).earlier_refund(), None);
        for status in [Status::Reserved, Status::Expired, Status::Released] {
            let held = sale(status, Some(TimeDelta::days(1)));
            assert!(matches!(
                held.may_be_cancelled(),
                Err(Refusal::NothingToRefund)
            ));
        }
    }
}
