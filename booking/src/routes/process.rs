//! `POST /api/process`: pays the caller's holds.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use shared::ids::{SeatId, UserId};
use shared::json::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::extract::{Fan, Repeatable};
use super::seconds;
use crate::actions::process::{Order, Paid, process};
use crate::app::Booking;
use crate::domain::balance::Won;
use crate::domain::key::Answer;
use crate::domain::payment::Payment;
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;

/// The sum that the caller expects to pay, for all live holds or for one reservation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ProcessRequest)]
pub struct Request {
    user_id: UserId,
    amount: Won,
    /// Pay this one alone.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    reservation_id: Option<ReservationId>,
}

/// A `null` is refused: it is a mistake of the client, and taken for "all" it would be a dear one.
fn not_null<'de, D>(deserializer: D) -> Result<Option<ReservationId>, D::Error>
where
    D: Deserializer<'de>,
{
    ReservationId::deserialize(deserializer).map(Some)
}

/// What was paid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Paid)]
pub struct Response {
    user_id: UserId,
    amount: Won,
    /// `success`.
    status: &'static str,
    /// In whole seconds.
    #[schema(format = DateTime)]
    payment_time: String,
    payments: Vec<PaymentView>,
    balance: i64,
}

/// One payment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Payment)]
pub struct PaymentView {
    payment_id: Uuid,
    reservation_id: ReservationId,
    seat_ids: Vec<SeatId>,
    amount: i64,
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> Self {
        Self {
            payment_id: payment.id,
            reservation_id: payment.due.reservation,
            seat_ids: payment.due.seats.clone(),
            amount: payment.due.amount,
        }
    }
}

impl Response {
    fn of(request: &Request, paid: &Paid) -> Self {
        Self {
            user_id: request.user_id,
            amount: request.amount,
            status: "success",
            payment_time: seconds(paid.paid_at),
            payments: paid.payments.iter().map(PaymentView::from).collect(),
            balance: paid.balance,
        }
    }
}

/// Pays, all or nothing. With the session over, a live hold can still be paid: a hold is a promise
/// for its five minutes.
///
/// # Errors
/// As [`process`], and `wrong_user`.
#[utoipa::path(
    post, path = "/api/process", operation_id = "process", tag = "Money",
    summary = "Pay for what you hold",
    description = "Everything that you hold in this queue, all or nothing, or `reservationId` \
        alone. A double click never pays twice.",
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Makes the call safe to repeat: the answer is stored and replayed."),
    ),
    request_body(content = Request, example = json!({"userId": 123, "amount": 10000})),
    responses((status = 200, description = "Paid.", body = Response, example = json!(
        {"userId": 123, "amount": 10000, "status": "success",
         "paymentTime": "2024-10-06T12:00:00Z", "balance": 0,
         "payments": [{"paymentId": "01926194-5b7e-7c3a-9d52-8a1f0c6b7e42",
            "reservationId": "01926193-9c40-7f21-b0e6-4d2c1a9f8b35",
            "seatIds": [10], "amount": 10000}]}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    fan: Fan,
    repeatable: Repeatable,
    Json(request): Json<Request>,
) -> Result<Answer, Refusal> {
    let user = fan.must_be(request.user_id)?;
    let call = repeatable.call(user, &request);
    let order = Order {
        queue: fan.holder.queue,
        ticket: fan.holder.ticket,
        session_over: fan.session_over,
        amount: request.amount.get(),
        only: request.reservation_id,
    };
    let answer = move |paid: &Paid| Response::of(&request, paid);
    process(&booking.office, &call, &order, answer).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_or_empty_reservation_must_not_pay_everything() {
        let id = ReservationId::generate();
        let code = |rest: &str| {
            let body = format!(r#"{{"userId":1,"amount":1{rest}}}"#);
            let parsed = shared::json::parse::<Request>(body.as_bytes());
            parsed.err().map(|problem| problem.code())
        };
        assert_eq!(code(""), None);
        assert_eq!(code(&format!(r#","reservationId":"{id}""#)), None);
        assert_eq!(code(r#","reservatonId":"x""#), Some("unknown_field"));
        assert_eq!(code(r#","reservationId":null"#), Some("invalid_field"));
        assert_eq!(code(r#","reservationId":"1""#), Some("invalid_field"));
    }
}
