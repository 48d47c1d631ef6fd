//! Money: whole won, because the won has no smaller unit.

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;

/// The most that one request may move.
pub const MAX_REQUEST_WON: i64 = 10_000_000;
/// No balance ever rises above this.
pub const MAX_BALANCE_WON: i64 = 1_000_000_000_000;

/// An amount that a client named: 1 to [`MAX_REQUEST_WON`]. It is compared or, where a payment
/// provider's callback would stand, believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(minimum = 1, maximum = 10_000_000)]
pub struct Won(i64);

impl Won {
    /// The plain number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Won {
    type Error = String;

    fn try_from(won: i64) -> Result<Self, String> {
        if (1..=MAX_REQUEST_WON).contains(&won) {
            Ok(Self(won))
        } else {
            Err(format!(
                "must be a whole number of won from 1 to {MAX_REQUEST_WON}"
            ))
        }
    }
}

impl<'de> Deserialize<'de> for Won {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(i64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_whole_number_within_its_range() {
        for text in ["1", "10000", "10000000"] {
            assert!(serde_json::from_str::<Won>(text).is_ok(), "{text}");
        }
        let refused = [
            "0",
            "-1",
            "-0",
            "1.5",
            "1.0",
            "1e3",
            "\"100\"",
            "null",
            "true",
            "10000001",
            "9007199254740992",
            "9223372036854775807",
            "9223372036854775808",
            "1e400",
        ];
        for text in refused {
            assert!(serde_json::from_str::<Won>(text).is_err(), "{text}");
        }
    }
}
