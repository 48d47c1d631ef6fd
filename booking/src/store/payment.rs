//! Payments: one for each reservation that was paid.

use chrono::{DateTime, Utc};
use shared::ids::UserId;

use super::{Statement, rows, signed};
use crate::domain::payment::Payment;

/// Writes payments, each of its user. The database refuses a second payment of a reservation.
#[must_use]
pub fn insert(payments: &[(UserId, &Payment)], paid_at: DateTime<Utc>) -> Statement {
    let sql = format!(
        "INSERT INTO payments (id, reservation_id, user_id, amount, paid_at) VALUES {}",
        rows(payments.len(), 5)
    );
    let mut statement = Statement::new(sql);
    for (user, payment) in payments {
        statement = statement
            .bind(payment.id)
            .bind(payment.due.reservation.0)
            .bind(signed(user.get()))
            .bind(payment.due.amount)
            .bind(paid_at);
    }
    statement
}
