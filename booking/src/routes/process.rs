//! `POST /api/process`: pays the caller's holds.

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use shared::ids::{SeatId, UserId};
use shared::json::Json;
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
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    user_id: UserId,
    amount: Won,
    #[serde(default, deserialize_with = "not_null")]
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
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    user_id: UserId,
    amount: Won,
    status: &'static str,
    payment_time: String,
    payments: Vec<PaymentView>,
    balance: i64,
}

/// One payment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
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
pub async fn handle(
    State(booking): State<Booking>,
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
    let answer = |paid: &Paid| Response::of(&request, paid);
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
