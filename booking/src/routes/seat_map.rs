//! `GET /api/seat-map/{date}`: where the seats of a date are and what they cost, for anyone.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response as HttpResponse;
use chrono::NaiveDate;
use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};
use shared::ids::{ConcertId, SeatId};
use utoipa::ToSchema;

use super::extract::{QueryOf, Segment, parse};
use super::{PlaceView, millis};
use crate::actions::seat_map::seat_map;
use crate::app::Booking;
use crate::conditional;
use crate::domain::date::CalendarDate;
use crate::domain::programme::{Listing, Wanted};
use crate::domain::seat_map::{Group, MapSeat, PriceLevel, SeatMap, Section};
use crate::refusal::Refusal;

/// For so long anybody may keep it; after that a 304 tells that it is still right.
const KEEP: &str = "public, max-age=30";

/// Which concert; without one the default is meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    concert_id: Option<String>,
}

/// The map of a date.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SeatMap)]
pub struct Response {
    concert_id: ConcertId,
    date: NaiveDate,
    title: String,
    venue: String,
    /// When it begins.
    starts_at: String,
    /// Names the seats and their order. A seat status of the same layout has its letters in the
    /// order of these seats.
    layout: String,
    /// The dearest first.
    prices: Vec<PriceView>,
    /// One after the other: each is a part of `seats`.
    sections: Vec<SectionView>,
    /// In the order of the seat status.
    seats: Vec<SeatView>,
}

/// How many seats cost how much.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PriceLevel)]
struct PriceView {
    price: i64,
    count: usize,
}

/// A section: `count` seats from `first` on, counted from 0.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MapSection)]
struct SectionView {
    section: String,
    first: usize,
    count: usize,
    rows: Vec<RowView>,
}

/// A row: `count` seats from `first` on, counted from 0 in the whole map.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MapRow)]
struct RowView {
    row: String,
    first: usize,
    count: usize,
}

/// A seat.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MapSeat)]
struct SeatView {
    seat_id: SeatId,
    #[serde(flatten)]
    place: PlaceView,
    price: i64,
}

/// Tells the map, packed as the client likes it.
///
/// # Errors
/// As [`seat_map`].
#[utoipa::path(
    get, path = "/api/seat-map/{date}", operation_id = "seatMap", tag = "Dates and seats",
    summary = "The seat map of a date",
    description = "What stands still while a date is sold: where its seats are and what they cost. \
        Open to all, compressed, and with an `ETag`: 304 while nothing has changed.",
    params(
        ("date" = chrono::NaiveDate, Path, description = "`YYYY-MM-DD`.", example = "2024-10-01"),
        ("concertId" = Option<ConcertId>, Query,
            description = "Which concert; without it `DEFAULT_CONCERT`, else the first."),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` that you have."),
    ),
    responses(
        (status = 200, description = "The map.", body = Response, example = json!({
            "concertId": 1, "date": "2024-10-01", "title": "Opening night", "venue": "The hall",
            "startsAt": "2024-10-01T10:00:00.000Z", "layout": "9f2c64d1a07b35e8",
            "prices": [{"price": 10000, "count": 2}],
            "sections": [{"section": "A", "first": 0, "count": 2,
                "rows": [{"row": "1", "first": 0, "count": 2}]}],
            "seats": [
                {"seatId": 1, "seatNumber": 1, "section": "A", "row": "1", "seat": "1",
                 "price": 10000},
                {"seatId": 2, "seatNumber": 2, "section": "A", "row": "1", "seat": "2",
                 "price": 10000}]})),
        (status = 304, description = "The map that you have is right."),
    ),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    Segment(CalendarDate(date)): Segment<CalendarDate>,
    QueryOf(request): QueryOf<Request>,
    headers: HeaderMap,
) -> Result<HttpResponse, Refusal> {
    let concert = request.concert_id.as_deref();
    let concert = concert.map(|text| parse("concertId", text)).transpose()?;
    let wanted = Wanted { concert, date };
    let poster = seat_map(&booking.office, wanted, Response::of).await?;
    let mut response = conditional::poster(&headers, &poster);
    let keep = HeaderValue::from_static(KEEP);
    response.headers_mut().insert(header::CACHE_CONTROL, keep);
    Ok(response)
}

impl Response {
    fn of(listing: &Listing, map: &SeatMap) -> Self {
        Self {
            concert_id: listing.concert.id,
            date: listing.date,
            title: listing.concert.title.clone(),
            venue: listing.concert.venue.clone(),
            starts_at: millis(listing.starts_at),
            layout: map.layout().to_owned(),
            prices: map.prices().into_iter().map(PriceView::from).collect(),
            sections: map.sections().into_iter().map(SectionView::from).collect(),
            seats: map.seats().iter().cloned().map(SeatView::from).collect(),
        }
    }
}

impl From<PriceLevel> for PriceView {
    fn from(PriceLevel { price, count }: PriceLevel) -> Self {
        Self { price, count }
    }
}

impl From<Section> for SectionView {
    fn from(Section { whole, rows }: Section) -> Self {
        Self {
            section: whole.name,
            first: whole.first,
            count: whole.count,
            rows: rows.into_iter().map(RowView::from).collect(),
        }
    }
}

impl From<Group> for RowView {
    fn from(Group { name, first, count }: Group) -> Self {
        Self {
            row: name,
            first,
            count,
        }
    }
}

impl From<MapSeat> for SeatView {
    fn from(MapSeat { id, place, price }: MapSeat) -> Self {
        Self {
            seat_id: id,
            place: place.into(),
            price,
        }
    }
}
