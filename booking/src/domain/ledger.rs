//! The ledger as its owner reads it: why a balance changed, by how much, and what it was then.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use shared::ids::ConcertId;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reservation::ReservationId;

/// Why a balance changed. The same words in the API and in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = LedgerKind)]
pub enum Kind {
    /// Money came in.
    Charge,
    /// Seats were paid.
    Payment,
    /// A payment went back.
    Refund,
}

impl Kind {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Payment => "payment",
            Self::Refund => "refund",
        }
    }
}

impl FromStr for Kind {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Charge, Self::Payment, Self::Refund]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or("a ledger entry is of a kind that does not exist")
    }
}

/// Which entry: later ones have higher numbers. Clients only hand it back, as a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryId(pub i64);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for EntryId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = i64::from_str_radix(text, 16).ok();
        // Printed again it must be the same, which drops signs and other spellings.
        let id = number.filter(|number| *number > 0).map(Self);
        id.filter(|id| id.to_string() == text)
            .ok_or("must be a nextCursor of this list")
    }
}

/// One line of a user's ledger.
#[derive(Debug, Clone)]
pub struct LedgerEntry {
    /// Where it stands.
    pub id: EntryId,
    /// Why.
    pub kind: Kind,
    /// How much, in won, always above 0; the kind says in which direction.
    pub amount: i64,
    /// The balance after it, in won.
    pub balance_after: i64,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What was bought or given back; none for a charge.
    pub purchase: Option<Purchase>,
}

/// What a payment or a refund was about.
#[derive(Debug, Clone, Copy)]
pub struct Purchase {
    /// The payment.
    pub payment: Uuid,
    /// What it paid.
    pub reservation: ReservationId,
    /// The concert.
    pub concert: ConcertId,
    /// The date in the venue's zone.
    pub date: NaiveDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_one_spelling() {
        let id = EntryId(26);
        assert_eq!(id.to_string(), "000000000000001a");
        assert_eq!(id.to_string().parse(), Ok(id));
        let wrong = [
            "",
            "26",
            "1a",
            "000000000000001A",
            "+00000000000001a",
            "0000000000000000",
            "ffffffffffffffff",
            "x",
        ];
        for text in wrong {
            assert!(text.parse::<EntryId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_kind_is_the_same_word_both_ways() {
        for kind in [Kind::Charge, Kind::Payment, Kind::Refund] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("gift".parse::<Kind>().is_err());
    }
}
