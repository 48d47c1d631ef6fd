//! The endpoints: one file each with its request, its response and its handler, in this order.

pub mod available_dates;
pub mod available_seats;
pub mod balance;
pub mod cancel;
pub mod charge;
pub mod concerts;
pub mod extract;
pub mod history;
pub mod process;
pub mod ready;
pub mod release;
pub mod reservations;
pub mod reserve;
pub mod seat_map;
pub mod seat_status;
pub mod stock;

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use shared::pass::COMMAND_HEADER;
use utoipa::ToSchema;

use crate::domain::key::Answer;
use crate::domain::seat::Place;

/// Tells the client that this is an earlier answer, told again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// A command for the gateway, which never reaches the client.
const COMMAND: HeaderName = HeaderName::from_static(COMMAND_HEADER);

/// A list that goes on where `nextCursor` says, until that is null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// This part of it.
    pub items: Vec<T>,
    /// What to send as `?cursor=` for the next part.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of up to `size` of the `found`, of which one more than that was asked for: whether
    /// it came says whether the list goes on. `cursor` names the last one on the page.
    pub fn of(mut found: Vec<T>, size: usize, cursor: impl Fn(&T) -> String) -> Self {
        let goes_on = found.len() > size;
        found.truncate(size);
        let next_cursor = found.last().filter(|_| goes_on).map(cursor);
        Self {
            items: found,
            next_cursor,
        }
    }
}

/// Where a seat is, as the API says it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SeatPlace)]
pub struct PlaceView {
    seat_number: i64,
    section: String,
    row: String,
    seat: String,
}

impl From<Place> for PlaceView {
    fn from(place: Place) -> Self {
        Self {
            seat_number: place.number,
            section: place.section,
            row: place.row,
            seat: place.seat,
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let json = (header::CONTENT_TYPE, "application/json");
        let mut response = (status, [json], self.body).into_response();
        let headers = response.headers_mut();
        if self.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        if let Some(ticket) = self.revoke {
            let command = HeaderValue::try_from(format!("revoke; t={ticket}"));
            headers.extend(command.ok().map(|command| (COMMAND, command)));
        }
        response
    }
}

/// A time in milliseconds, RFC 3339 with `Z`.
fn millis(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time in whole seconds, RFC 3339 with `Z`.
fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_it_goes_on_only_if_it_does() {
        let page = |found| Page::of(found, 2, ToString::to_string);
        let more = page(vec![1, 2, 3]);
        assert_eq!(
            (more.items, more.next_cursor),
            (vec![1, 2], Some("2".into()))
        );
        let last = page(vec![1, 2]);
        assert_eq!((last.items, last.next_cursor), (vec![1, 2], None));
        assert_eq!(page(vec![]).next_cursor, None);
    }

    #[test]
    fn times_are_written_as_the_contract_shows_them() {
        let time = "2024-10-06T12:00:00.987654Z".parse().expect("a time");
        assert_eq!(seconds(time), "2024-10-06T12:00:00Z");
        assert_eq!(millis(time), "2024-10-06T12:00:00.987Z");
    }
}
