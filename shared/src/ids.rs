//! Numbers and names that cross the wire, checked once where they enter.
//!
//! An id is a JSON integer from 1 to 2^53-1 (what every JSON reader keeps exactly) and plain digits
//! in a path. A value of one of these types is valid; there is nothing left to check.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// The largest integer that every JSON reader keeps exactly: 2^53 - 1.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Tickets stay below this, because Lua prints numbers with 14 digits.
pub const TICKET_LIMIT: u64 = 100_000_000_000_000;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from 1 to {MAX_SAFE_INTEGER}, written in plain digits")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
        #[serde(transparent)]
        #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
        pub struct $name(u64);

        impl $name {
            /// The id of this number.
            ///
            /// # Errors
            /// [`InvalidId`] when it is 0 or above 2^53-1.
            pub const fn new(number: u64) -> Result<Self, InvalidId> {
                if number == 0 || number > MAX_SAFE_INTEGER {
                    return Err(InvalidId);
                }
                Ok(Self(number))
            }

            /// The plain number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                plain_digits(text).ok_or(InvalidId).and_then(Self::new)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(u64::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

id!(
    /// A fan: the number that the shop knows the user by.
    UserId
);
id!(
    /// One seat on one date of one concert.
    SeatId
);
id!(
    /// A concert, with all its dates.
    ConcertId
);

/// A user id as the `sub` of a JWT, which has to be text (RFC 7519 4.1.2).
pub(crate) mod subject {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::UserId;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde fixes this signature"
    )]
    pub(crate) fn serialize<S: Serializer>(id: &UserId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<UserId, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A number written without sign, leading zero or anything but digits.
fn plain_digits(text: &str) -> Option<u64> {
    let canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical { text.parse().ok() } else { None }
}

/// The place in line that a fan got on joining: from one counter, never reused, never changed.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(transparent)]
pub struct Ticket(pub u64);

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One life of the line's state in Redis; a restart or a loss begins a later one.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// The name of a queue: 1 to 64 of `a-z 0-9 _ -`, so that it can stand inside a Redis hash tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueName(Arc<str>);

/// Why a text is not a queue's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a queue's name is 1 to 64 of the characters a-z, 0-9, _ and -")]
pub struct InvalidQueueName;

impl QueueName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for QueueName {
    type Err = InvalidQueueName;

    fn from_str(text: &str) -> Result<Self, InvalidQueueName> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidQueueName)
        }
    }
}

impl Serialize for QueueName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for QueueName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_id_is_plain_digits_only() {
        assert_eq!("123".parse::<UserId>().map(UserId::get), Ok(123));
        assert_eq!(
            "9007199254740991".parse::<UserId>().map(UserId::get),
            Ok(MAX_SAFE_INTEGER)
        );
        let refused = [
            "",
            "0",
            "01",
            "+1",
            "-1",
            " 1",
            "1.0",
            "1e3",
            "9007199254740992",
            "x",
            "１",
        ];
        for text in refused {
            assert!(text.parse::<UserId>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_json_id_is_an_integer_only() {
        assert_eq!(
            serde_json::from_str::<SeatId>("7").map(SeatId::get).ok(),
            Some(7)
        );
        for text in [
            "0",
            "-1",
            "1.0",
            "1e3",
            "\"1\"",
            "null",
            "true",
            "9007199254740992",
            "1e400",
        ] {
            assert!(
                serde_json::from_str::<SeatId>(text).is_err(),
                "{text} was accepted"
            );
        }
    }

    #[test]
    fn a_queue_name_cannot_break_out_of_its_hash_tag() {
        assert!("main".parse::<QueueName>().is_ok());
        for text in ["", "a}", "{a", "A", "a b", "a:b", &"x".repeat(65)] {
            assert!(text.parse::<QueueName>().is_err(), "{text:?} was accepted");
        }
    }
}
