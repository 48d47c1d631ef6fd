//! `GET /api/concerts`: what is played where, for anyone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::ids::ConcertId;
use utoipa::ToSchema;

use super::Page;
use super::extract::PageOf;
use crate::actions::concerts::concerts;
use crate::app::Booking;
use crate::domain::concert::Concert;
use crate::refusal::Refusal;

/// One concert.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Concert)]
pub struct Response {
    concert_id: ConcertId,
    title: String,
    venue: String,
    time_zone: &'static str,
    queue: String,
}

impl From<Concert> for Response {
    fn from(concert: Concert) -> Self {
        Self {
            concert_id: concert.id,
            title: concert.title,
            venue: concert.venue,
            time_zone: concert.zone.name(),
            queue: concert.queue,
        }
    }
}

/// Lists the concerts, by id.
///
/// # Errors
/// `invalid_field` for a bad cursor, and when the database does not answer.
#[utoipa::path(
    get, path = "/api/concerts", operation_id = "concerts", tag = "Dates and seats",
    summary = "What is played where", description = "Open to all, by id.",
    params(
        ("cursor" = Option<String>, Query, description = "Where the page before ended."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Default 20."),
    ),
    responses((status = 200, description = "A page of concerts.", body = Page<Response>,
        example = json!({"items": [{"concertId": 1, "title": "Opening night", "venue": "The hall",
            "timeZone": "Asia/Seoul", "queue": "main"}], "nextCursor": null}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    page: PageOf<ConcertId>,
) -> Result<Json<Page<Response>>, Refusal> {
    let found = concerts(&booking.office, page.cursor, page.to_fetch()).await?;
    let found = found.into_iter().map(Response::from).collect();
    Ok(page.of(found, |last: &Response| last.concert_id.to_string()))
}
