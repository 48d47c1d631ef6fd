//! A performance's date: the calendar date in the venue's zone, and when its seats are on sale.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// When seats may be reserved: from `opens_at` on, until just before `closes_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SaleWindow {
    /// The first moment.
    pub opens_at: DateTime<Utc>,
    /// The first moment after the last.
    pub closes_at: DateTime<Utc>,
}

impl SaleWindow {
    /// Whether a seat may be reserved now.
    ///
    /// # Errors
    /// [`Refusal::SaleNotOpen`] before, [`Refusal::SaleClosed`] after.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if now < self.opens_at {
            let opens_at = self.opens_at;
            return Err(Refusal::SaleNotOpen { opens_at });
        }
        if now >= self.closes_at {
            return Err(Refusal::SaleClosed);
        }
        Ok(())
    }

    /// Whether seats may be reserved now.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.check(now).is_ok()
    }
}

/// A calendar date as it stands in a path or a body: exactly `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CalendarDate(pub NaiveDate);

impl TryFrom<String> for CalendarDate {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CalendarDate> for String {
    fn from(date: CalendarDate) -> Self {
        date.0.to_string()
    }
}

impl FromStr for CalendarDate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        // Printed again it must be the same, which drops signs, spaces and missing zeros.
        date.filter(|date| text.len() == "YYYY-MM-DD".len() && date.to_string() == text)
            .map(Self)
            .ok_or("must be a calendar date, written YYYY-MM-DD")
    }
}

/// One performance of a concert.
#[derive(Debug, Clone, Copy)]
pub struct Performance {
    /// Its row in `concert_dates`.
    pub id: i64,
    /// The calendar date at the venue.
    pub date: NaiveDate,
    /// When its seats are on sale.
    pub window: SaleWindow,
    /// What the database's clock said when this was read.
    pub now: DateTime<Utc>,
}

impl Performance {
    /// Whether the date is over in the venue's zone.
    #[must_use]
    pub fn is_past(&self, zone: Tz) -> bool {
        self.date < self.now.with_timezone(&zone).date_naive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn window() -> SaleWindow {
        SaleWindow {
            opens_at: at("2024-10-01T00:00:00Z"),
            closes_at: at("2024-10-02T00:00:00Z"),
        }
    }

    #[test]
    fn the_window_opens_on_the_dot_and_closes_on_the_dot() {
        let window = window();
        assert!(matches!(
            window.check(at("2024-09-30T23:59:59.999999Z")),
            Err(Refusal::SaleNotOpen { .. })
        ));
        assert!(window.is_open(at("2024-10-01T00:00:00Z")));
        assert!(window.is_open(at("2024-10-01T23:59:59.999999Z")));
        assert!(matches!(
            window.check(at("2024-10-02T00:00:00Z")),
            Err(Refusal::SaleClosed)
        ));
    }

    #[test]
    fn a_date_is_over_when_it_is_over_at_the_venue() {
        let first_of_october = |now: &str| Performance {
            id: 1,
            date: "2024-10-01".parse().expect("a date"),
            window: window(),
            now: at(now),
        };
        let midnight_in_seoul = first_of_october("2024-10-01T15:00:00Z");
        assert!(midnight_in_seoul.is_past(Tz::Asia__Seoul));
        assert!(!midnight_in_seoul.is_past(Tz::UTC));
        assert!(!first_of_october("2024-10-01T14:59:59Z").is_past(Tz::Asia__Seoul));
    }

    #[test]
    fn a_date_has_one_spelling() {
        assert!("2024-02-29".parse::<CalendarDate>().is_ok());
        let refused = [
            "",
            "2024-2-9",
            "2023-02-29",
            "2024-02-30",
            "+2024-02-02",
            " 2024-02-02",
            "2024-02-02 ",
            "20240202",
            "2024-02-02T00:00:00Z",
            "today",
            "-0001-01-01",
            "12024-01-01",
        ];
        for text in refused {
            assert!(text.parse::<CalendarDate>().is_err(), "{text:?}");
        }
    }
}
