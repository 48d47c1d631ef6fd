//! `GET /internal/stock` on the admin listener: how much each queue has left, for the line.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::actions::stock::stock;
use crate::app::Booking;
use crate::domain::stock::Stock;
use crate::refusal::Refusal;

/// The stock of every queue that sells something.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    queues: Vec<Stock>,
    expires_in_ms: u128,
}

/// Tells the stock, at most a second old.
///
/// # Errors
/// As [`stock`].
pub async fn handle(State(booking): State<Arc<Booking>>) -> Result<Json<Response>, Refusal> {
    let (stock, left) = stock(&booking.office).await?;
    Ok(Json(Response {
        queues: stock.value.clone(),
        expires_in_ms: left.as_millis(),
    }))
}
