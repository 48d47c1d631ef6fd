//! Payments: one for each reservation that was paid.

use chrono::{DateTime, Utc};
use shared::ids::UserId;

use super::{Statement, signed};
use crate::domain::payment::Payment;

/// Writes the payments of one call. The database refuses a second payment of a reservation.
#[must_use]
pub fn insert(user: UserId, payments: &[Payment], paid_at: DateTime<Utc>) -> Statement {
    let rows = vec!["(?, ?, ?, ?, ?)"; payments.len()].join(", ");
    let sql = format!(
        "INSERT INTO payments (id, reservation_id, user_id, amount, paid_at) VALUES {rows}"
    );
    payments
        .iter()
        .fold(Statement::new(sql), |statement, payment| {
            statement
                .bind(payment.id)
                .bind(payment.due.reservation.0)
                .bind(signed(user.get()))
                .bind(payment.due.amount)
                .bind(paid_at)
        })
}
