//! What the database says at the end of a run, as plain data.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use uuid::Uuid;

use super::Reserved;

/// The tables that a sale writes.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// All reservations with their users.
    pub reservations: Vec<(u64, Reserved)>,
    /// Sold seats, each with the reservation that it stands under.
    pub sold: Vec<(u64, Uuid)>,
    /// Payments that were not refunded.
    pub payments: Vec<Payment>,
    /// The ledger.
    pub ledger: Vec<LedgerEntry>,
    /// Balances by user, in won.
    pub balances: HashMap<u64, u64>,
    /// Bodies of acknowledged answers, by user and idempotency key.
    pub acknowledged: HashMap<(u64, String), Vec<u8>>,
}

impl Books {
    /// What is about these users only: others may have bought before and beside them.
    #[must_use]
    pub fn of(mut self, users: Range<u64>) -> Self {
        self.reservations.retain(|(user, _)| users.contains(user));
        self.payments
            .retain(|payment| users.contains(&payment.user));
        self.ledger.retain(|entry| users.contains(&entry.user));
        self.balances.retain(|user, _| users.contains(user));
        self.acknowledged
            .retain(|(user, _), _| users.contains(user));
        let own = self.reservations.iter();
        let own: HashSet<Uuid> = own.map(|(_, reserved)| reserved.reservation).collect();
        self.sold
            .retain(|(_, reservation)| own.contains(reservation));
        self
    }
}

/// One payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payment {
    /// Who paid.
    pub user: u64,
    /// For which reservation.
    pub reservation: Uuid,
    /// In won.
    pub amount: u64,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Whose.
    pub user: u64,
    /// `charge`, `payment` or `refund`.
    pub kind: String,
    /// In won.
    pub amount: u64,
}
