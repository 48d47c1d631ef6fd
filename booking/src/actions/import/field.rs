//! The columns of an import, one by one: what may stand in a field, and what to tell who wrote
//! something else.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::Tz;
use shared::ids::QueueName;

/// The dearest seat: what one request may pay.
const MAX_PRICE_WON: i64 = 10_000_000;
/// More than any house has seats, and far from where counting on would overflow.
const MAX_NUMBER: i32 = 1_000_000;
/// A year: nobody sells earlier than that.
const MAX_HOURS: i32 = 8_784;

/// A time as a file gives it: an instant, or what the venue's clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Written with an offset or `Z`.
    Instant(DateTime<Utc>),
    /// Written without one.
    AtVenue(NaiveDateTime),
}

impl Moment {
    /// The instant, given the venue's zone. When clocks go back, the first of the two.
    ///
    /// # Errors
    /// When the venue's clocks skip that time.
    pub(super) fn instant(self, zone: Tz) -> Result<DateTime<Utc>, String> {
        let local = match self {
            Self::Instant(instant) => return Ok(instant),
            Self::AtVenue(local) => local,
        };
        match zone.from_local_datetime(&local) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Ok(time.to_utc()),
            LocalResult::None => Err(format!("the clocks of {zone} skip {local}")),
        }
    }
}

pub(super) fn label(column: &str, text: &str, longest: usize) -> Result<String, String> {
    if text.is_empty() {
        return Err(format!("{column} is empty"));
    }
    if text.chars().count() > longest {
        return Err(format!("{column} has more than {longest} characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("{column} {text:?} has a control character in it"));
    }
    Ok(text.to_owned())
}

pub(super) fn date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|date| date.to_string() == text)
        .ok_or_else(|| format!("date {text:?} is not a date written like 2026-12-31"))
}

pub(super) fn price(text: &str) -> Result<i64, String> {
    plain_digits(text)
        .filter(|price| (1..=MAX_PRICE_WON).contains(price))
        .ok_or_else(|| {
            format!("price {text:?} is not a whole number of won from 1 to {MAX_PRICE_WON}")
        })
}

pub(super) fn number(text: &str) -> Result<i32, String> {
    plain_digits(text)
        .and_then(|number| i32::try_from(number).ok())
        .filter(|number| (1..=MAX_NUMBER).contains(number))
        .ok_or_else(|| format!("number {text:?} is not a whole number from 1 to {MAX_NUMBER}"))
}

fn plain_digits(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

pub(super) fn moment(column: &str, text: Option<&str>) -> Result<Option<Moment>, String> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(Some(Moment::Instant(instant.to_utc())));
    }
    let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    let local = formats
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    local.map(Moment::AtVenue).map(Some).ok_or_else(|| {
        format!(
            "{column} {text:?} is not a time written like 2026-12-31 19:00 (at the venue) \
             or 2026-12-31T19:00:00+09:00"
        )
    })
}

pub(super) fn time_zone(text: &str) -> Result<Tz, String> {
    text.parse()
        .map_err(|_| format!("time_zone {text:?} is not an IANA zone like Asia/Seoul"))
}

pub(super) fn queue(text: &str) -> Result<QueueName, String> {
    text.parse()
        .map_err(|error| format!("queue {text:?}: {error}"))
}

pub(super) fn hours(text: &str) -> Result<i32, String> {
    plain_digits(text)
        .and_then(|hours| i32::try_from(hours).ok())
        .filter(|hours| (0..=MAX_HOURS).contains(hours))
        .ok_or_else(|| {
            format!("cancel_until_hours {text:?} is not a whole number from 0 to {MAX_HOURS}")
        })
}
