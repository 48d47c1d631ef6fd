//! `GET /api/available-seats/{date}`: the seats of a date.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use shared::ids::{ConcertId, SeatId};
use utoipa::ToSchema;

use super::PlaceView;
use super::extract::{FanInside, QueryOf, Segment, parse};
use crate::actions::available_seats::{Question, available_seats};
use crate::app::Booking;
use crate::domain::date::CalendarDate;
use crate::domain::seat::{Seat, State as SeatState};
use crate::refusal::Refusal;

/// Which concert, and whether held and sold seats are wanted too.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    concert_id: Option<String>,
    status: Option<String>,
}

/// One seat.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Seat)]
pub struct Response {
    seat_id: SeatId,
    #[serde(flatten)]
    place: PlaceView,
    status: SeatState,
    price: i64,
}

impl From<Seat> for Response {
    fn from(seat: Seat) -> Self {
        Self {
            seat_id: seat.id,
            place: seat.place.into(),
            status: seat.state,
            price: seat.price,
        }
    }
}

/// Lists the seats by number: those that can be reserved now, or all with `?status=all`.
///
/// # Errors
/// As [`available_seats`].
#[utoipa::path(
    get, path = "/api/available-seats/{date}", operation_id = "availableSeats",
    tag = "Dates and seats", summary = "The seats of a date",
    description = "Those that can be reserved now, by number; all with `?status=all`.",
    params(
        ("date" = chrono::NaiveDate, Path, description = "`YYYY-MM-DD`.", example = "2024-10-01"),
        ("concertId" = Option<ConcertId>, Query,
            description = "Which concert; without it `DEFAULT_CONCERT`, else the first."),
        ("status" = Option<String>, Query, pattern = "^(available|all)$",
            description = "`available` (the default), or `all`: held and sold ones too."),
    ),
    responses((status = 200, description = "The seats.", body = Vec<Response>, example = json!([
        {"seatNumber": 1, "status": "available", "price": 10000, "seatId": 1, "section": "A",
         "row": "1", "seat": "1"}]))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    FanInside(fan): FanInside,
    Segment(CalendarDate(date)): Segment<CalendarDate>,
    QueryOf(request): QueryOf<Request>,
) -> Result<Json<Vec<Response>>, Refusal> {
    let concert = request.concert_id.as_deref();
    let question = Question {
        queue: fan.holder.queue,
        concert: concert.map(|text| parse("concertId", text)).transpose()?,
        date,
        all: wants_all(request.status.as_deref())?,
    };
    let seats = available_seats(&booking.office, &question).await?;
    Ok(Json(seats.into_iter().map(Response::from).collect()))
}

fn wants_all(status: Option<&str>) -> Result<bool, Refusal> {
    match status {
        None | Some("available") => Ok(false),
        Some("all") => Ok(true),
        Some(_) => Err(Refusal::invalid("status", "must be available or all")),
    }
}
