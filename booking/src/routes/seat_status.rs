//! `GET /api/seat-status/{date}`: how the seats of a date stand, a letter each.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response as HttpResponse;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use shared::ids::ConcertId;
use utoipa::ToSchema;

use super::extract::{FanInside, QueryOf, Segment, parse};
use crate::actions::seat_status::{Notice, Standing, seat_status};
use crate::app::Booking;
use crate::conditional;
use crate::domain::date::CalendarDate;
use crate::domain::programme::Wanted;
use crate::refusal::Refusal;

/// The fan's own browser may keep it, and has to ask each time whether it is still right.
const ASK_FIRST: &str = "private, no-cache";

/// Which concert; without one the default is meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    concert_id: Option<String>,
}

/// How the seats stand.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SeatStatusOfDate)]
pub struct Response {
    /// It rises when a seat changes. An answer with a lower one than you have shown is older.
    version: i64,
    /// After this a new answer can be had.
    expires_in_ms: u64,
    /// How many seats can be reserved.
    left: usize,
    /// `a` available, `h` held, `s` sold, `b` blocked: one letter a seat, in the order of the map.
    #[schema(pattern = "^[ahsb]*$")]
    states: String,
    /// Names the seat map that has this order.
    layout: String,
}

/// Tells how the seats stand. All that is written for one reader is the remaining time.
///
/// # Errors
/// As [`seat_status`].
#[utoipa::path(
    get, path = "/api/seat-status/{date}", operation_id = "seatStatus", tag = "Dates and seats",
    summary = "How the seats of a date stand",
    description = "One letter a seat in the order of the seat map, never more than a second old. \
        With an `ETag`: 304 while nothing has changed.",
    params(
        ("date" = chrono::NaiveDate, Path, description = "`YYYY-MM-DD`.", example = "2024-10-01"),
        ("concertId" = Option<ConcertId>, Query,
            description = "Which concert; without it `DEFAULT_CONCERT`, else the first."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` that you have."),
    ),
    responses(
        (status = 200, description = "The letters.", body = Response, example = json!({
            "version": 1_728_216_000_000_i64, "expiresInMs": 940, "left": 1, "states": "as",
            "layout": "9f2c64d1a07b35e8"})),
        (status = 304, description = "The answer that you have is right."),
    ),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    FanInside(fan): FanInside,
    Segment(CalendarDate(date)): Segment<CalendarDate>,
    QueryOf(request): QueryOf<Request>,
    headers: HeaderMap,
) -> Result<HttpResponse, Refusal> {
    let concert = request.concert_id.as_deref();
    let concert = concert.map(|text| parse("concertId", text)).transpose()?;
    let wanted = Wanted { concert, date };
    let queue = &fan.holder.queue;
    let (notice, left) = seat_status(&booking.office, queue, wanted, Response::of).await?;
    let mut response = if conditional::is_known(&headers, &notice.tag) {
        conditional::not_modified(&notice.tag)
    } else {
        tell(&notice, left.as_millis())
    };
    let ask_first = HeaderValue::from_static(ASK_FIRST);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, ask_first);
    Ok(response)
}

/// The letters are shared by all answers, so they are no part of the text that is written here.
fn tell(notice: &Notice, left_ms: u128) -> HttpResponse {
    let left = Bytes::from(left_ms.to_string());
    let length = notice.head.len() + left.len() + notice.tail.len();
    let parts = [notice.head.clone(), left, notice.tail.clone()];
    let parts = parts.map(Ok::<_, std::convert::Infallible>);
    let mut response = HttpResponse::new(Body::from_stream(stream::iter(parts)));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    response
        .headers_mut()
        .insert(header::ETAG, notice.tag.clone());
    response
}

impl Response {
    fn of(standing: &Standing) -> Self {
        Self {
            version: standing.version,
            expires_in_ms: 0,
            left: standing.left,
            states: standing.states.clone(),
            layout: standing.layout.clone(),
        }
    }
}
