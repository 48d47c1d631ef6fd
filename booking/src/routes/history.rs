//! `GET /api/{userId}/history`: what happened to the caller's balance, the newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use shared::ids::{ConcertId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::extract::{Fan, PageOf, Segment};
use super::{Page, millis};
use crate::actions::history::history;
use crate::app::Booking;
use crate::domain::ledger::{EntryId, Kind, LedgerEntry};
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;

/// One line of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LedgerEntry)]
pub struct Response {
    #[serde(skip)]
    #[schema(ignore)]
    id: EntryId,
    kind: Kind,
    amount: i64,
    balance_after: i64,
    #[schema(format = DateTime)]
    created_at: String,
    payment_id: Option<Uuid>,
    reservation_id: Option<ReservationId>,
    concert_id: Option<ConcertId>,
    date: Option<NaiveDate>,
}

impl From<LedgerEntry> for Response {
    fn from(entry: LedgerEntry) -> Self {
        let purchase = entry.purchase;
        Self {
            id: entry.id,
            kind: entry.kind,
            amount: entry.amount,
            balance_after: entry.balance_after,
            created_at: millis(entry.created_at),
            payment_id: purchase.map(|about| about.payment),
            reservation_id: purchase.map(|about| about.reservation),
            concert_id: purchase.map(|about| about.concert),
            date: purchase.map(|about| about.date),
        }
    }
}

/// Lists the caller's ledger.
///
/// # Errors
/// `wrong_user`, `invalid_field` for a bad cursor, and when the database does not answer.
#[utoipa::path(
    get, path = "/api/{userId}/history", operation_id = "history", tag = "Money",
    summary = "What happened to your balance",
    description = "Every charge, payment and refund, the newest first, with the balance after it. \
        The kind says whether the amount came or went.",
    params(
        ("userId" = UserId, Path, description = "Your own number.", example = 123),
        ("cursor" = Option<String>, Query, description = "Where the page before ended."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Default 20."),
    ),
    responses((status = 200, description = "A page of the ledger.", body = Page<Response>,
        example = json!({"items": [
            {"kind": "payment", "amount": 10000, "balanceAfter": 0,
                "createdAt": "2024-10-06T12:00:00.000Z",
                "paymentId": "01926194-5b7e-7c3a-9d52-8a1f0c6b7e42",
                "reservationId": "01926193-9c40-7f21-b0e6-4d2c1a9f8b35",
                "concertId": 1, "date": "2024-10-01"},
            {"kind": "charge", "amount": 10000, "balanceAfter": 10000,
                "createdAt": "2024-10-06T11:58:00.000Z", "paymentId": null,
                "reservationId": null, "concertId": null, "date": null}],
            "nextCursor": null}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    fan: Fan,
    Segment(user): Segment<UserId>,
    page: PageOf<EntryId>,
) -> Result<Json<Page<Response>>, Refusal> {
    let user = fan.must_be(user)?;
    let found = history(&booking.office, user, page.cursor, page.to_fetch()).await?;
    let found = found.into_iter().map(Response::from).collect();
    Ok(page.of(found, |last: &Response| last.id.to_string()))
}
