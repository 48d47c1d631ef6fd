//! A reservation: seats kept for one user until a moment, at a price frozen when it was made.
//!
//! reserved -> paid -> refunded, reserved -> expired | released.

use std::fmt;
use std::str::FromStr;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, de};
use shared::ids::{ConcertId, SeatId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::seat::Place;
use crate::refusal::Refusal;

/// The name of a reservation: a `UUIDv7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
pub struct ReservationId(pub Uuid);

impl ReservationId {
    /// A new one.
    #[must_use]
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for ReservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ReservationId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The crate also reads other spellings; the contract has the one with hyphens.
        let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
        let id = hyphenated.then(|| Uuid::parse_str(text).ok()).flatten();
        id.map(Self).ok_or("must be a UUID, written with hyphens")
    }
}

impl<'de> Deserialize<'de> for ReservationId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// How a reservation stands. The same words in the API and in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ReservationStatus)]
pub enum Status {
    /// Its seats are held, or were until the hold lapsed and nobody has tidied up yet.
    Reserved,
    /// Its seats are the user's.
    Paid,
    /// It was paid, and the money went back.
    Refunded,
    /// The hold lapsed.
    Expired,
    /// The user gave the seats back.
    Released,
}

impl Status {
    /// How it is shown: lapsed is lapsed, whether or not anyone has written it down.
    #[must_use]
    pub fn shown(self, lapsed: bool) -> Self {
        match self {
            Self::Reserved if lapsed => Self::Expired,
            status => status,
        }
    }

    /// The state after the user gives the seats back. What is over already stays as it is, so that
    /// the call may be repeated.
    ///
    /// # Errors
    /// [`Refusal::AlreadyPaid`] when the seats are the user's: that is a cancellation.
    pub const fn release(self) -> Result<Self, Refusal> {
        match self {
            Self::Reserved => Ok(Self::Released),
            Self::Released | Self::Expired => Ok(self),
            Self::Paid | Self::Refunded => Err(Refusal::AlreadyPaid),
        }
    }
}

impl FromStr for Status {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "reserved" => Ok(Self::Reserved),
            "paid" => Ok(Self::Paid),
            "refunded" => Ok(Self::Refunded),
            "expired" => Ok(Self::Expired),
            "released" => Ok(Self::Released),
            _ => Err("a reservation is in a state that does not exist"),
        }
    }
}

/// The end of a hold, with the time left as the database counted it: a fan's clock is not trusted,
/// and neither is ours.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// When the hold ends.
    pub at: DateTime<Utc>,
    /// What the database's clock said when it was read.
    now: DateTime<Utc>,
    /// When that was, on our own monotonic clock.
    read: Instant,
}

impl Deadline {
    /// A hold that ends `at`, just read when the database's clock said `now`.
    #[must_use]
    pub fn new(at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let read = Instant::now();
        Self { at, now, read }
    }

    /// The milliseconds left, 0 when it has passed.
    #[must_use]
    pub fn left_ms(&self) -> i64 {
        let elapsed = i64::try_from(self.read.elapsed().as_millis()).unwrap_or(i64::MAX);
        let left = (self.at - self.now).num_milliseconds();
        left.saturating_sub(elapsed).max(0)
    }

    /// What the database's clock said when it was read.
    #[must_use]
    pub const fn read_at(&self) -> DateTime<Utc> {
        self.now
    }

    /// Whether it had passed when it was read: later than now may pay, now or earlier may not.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.at <= self.now
    }
}

/// A hold that stands: what `reserve` answers.
#[derive(Debug, Clone)]
pub struct Hold {
    /// Its name.
    pub id: ReservationId,
    /// The sum of its prices, in won.
    pub amount: i64,
    /// When it ends.
    pub deadline: Deadline,
}

/// A reservation as its owner sees it.
#[derive(Debug, Clone)]
pub struct Reservation {
    /// Its name.
    pub id: ReservationId,
    /// The concert.
    pub concert: ConcertId,
    /// The date in the venue's zone.
    pub date: NaiveDate,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// How it stands in the database; see [`Status::shown`].
    pub status: Status,
    /// The sum of its prices, in won.
    pub amount: i64,
    /// When the hold ends or ended.
    pub deadline: Deadline,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// When the money went back.
    pub refunded_at: Option<DateTime<Utc>>,
    /// The first moment at which it is too late to cancel; none where there are no refunds.
    pub cancel_until: Option<DateTime<Utc>>,
    /// Its seats, by number, at their frozen prices.
    pub seats: Vec<ReservedSeat>,
}

/// One seat of a reservation.
#[derive(Debug, Clone)]
pub struct ReservedSeat {
    /// The seat.
    pub id: SeatId,
    /// Where it is.
    pub place: Place,
    /// Its price when the hold was made, in won.
    pub price: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_may_be_repeated_and_never_takes_what_is_paid() {
        assert_eq!(Status::Reserved.release().ok(), Some(Status::Released));
        assert_eq!(Status::Released.release().ok(), Some(Status::Released));
        assert_eq!(Status::Expired.release().ok(), Some(Status::Expired));
        assert!(matches!(Status::Paid.release(), Err(Refusal::AlreadyPaid)));
    }

    #[test]
    fn a_lapsed_hold_is_shown_as_expired_and_nothing_else_is() {
        assert_eq!(Status::Reserved.shown(true), Status::Expired);
        assert_eq!(Status::Reserved.shown(false), Status::Reserved);
        assert_eq!(Status::Paid.shown(true), Status::Paid);
    }

    #[test]
    fn a_hold_that_ends_now_has_ended() {
        let now = "2024-10-01T00:00:00Z".parse().expect("a time");
        assert!(Deadline::new(now, now).has_passed());
        let later = now + chrono::TimeDelta::microseconds(1);
        assert!(!Deadline::new(later, now).has_passed());
        assert_eq!(Deadline::new(now, later).left_ms(), 0);
    }

    #[test]
    fn a_reservation_id_has_one_spelling() {
        let id = ReservationId::generate();
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "1", &id.0.simple().to_string(), &id.0.urn().to_string()] {
            assert!(text.parse::<ReservationId>().is_err(), "{text:?}");
        }
    }
}
