//! `GET /api/available-dates`: the dates that still have a seat.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Deserialize;
use shared::ids::ConcertId;

use super::extract::{FanInside, QueryOf, parse};
use crate::actions::available_dates::available_dates;
use crate::app::Booking;
use crate::refusal::Refusal;

/// Which concert; without one the default is meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    concert_id: Option<String>,
}

/// Lists the dates, ascending, as `YYYY-MM-DD` of the venue's calendar.
///
/// # Errors
/// As [`available_dates`].
#[utoipa::path(
    get, path = "/api/available-dates", operation_id = "availableDates", tag = "Dates and seats",
    summary = "The dates that still have a seat",
    description = "A held seat may come back, so it counts. Sold out: an empty list.",
    params(
        ("concertId" = Option<ConcertId>, Query,
            description = "Which concert; without it `DEFAULT_CONCERT`, else the first."),
    ),
    responses((status = 200, description = "Dates of the venue's calendar, ascending.",
        body = Vec<NaiveDate>, example = json!(["2024-10-01", "2024-10-02"]))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    FanInside(_): FanInside,
    QueryOf(request): QueryOf<Request>,
) -> Result<Json<Vec<NaiveDate>>, Refusal> {
    let concert = request.concert_id.as_deref();
    let concert = concert.map(|text| parse("concertId", text)).transpose()?;
    available_dates(&booking.office, concert).await.map(Json)
}
