//! Payments: one for each reservation that was paid.

use chrono::{DateTime, Utc};
use shared::ids::UserId;
use sqlx::AssertSqlSafe;

use super::{Connection, Failure, signed, utc};
use crate::domain::payment::Payment;

/// Writes the payments of one call.
///
/// # Errors
/// When the database refuses: a reservation has at most one payment.
pub async fn insert(
    on: &mut Connection,
    user: UserId,
    payments: &[Payment],
    paid_at: DateTime<Utc>,
) -> Result<(), Failure> {
    let rows = vec!["(?, ?, ?, ?, ?)"; payments.len()].join(", ");
    let sql = format!(
        "INSERT INTO payments (id, reservation_id, user_id, amount, paid_at) VALUES {rows}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for payment in payments {
        query = query
            .bind(payment.id)
            .bind(payment.due.reservation.0)
            .bind(signed(user.get()))
            .bind(payment.due.amount)
            .bind(utc(paid_at));
    }
    query.execute(on).await?;
    Ok(())
}
