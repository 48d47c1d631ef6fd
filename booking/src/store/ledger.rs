//! The ledger: one line for every change of a balance, only ever added to.

use chrono::{DateTime, Utc};
use shared::ids::UserId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Connection, Failure, signed, utc};

/// Why a balance changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Money came in.
    Charge,
    /// Seats were paid.
    Payment,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Payment => "payment",
        }
    }
}

/// One line.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What it is about: the payment's id, or the charge's own.
    pub reference: Uuid,
    /// How much, in won, always above 0; the kind says in which direction.
    pub amount: i64,
    /// The balance after it, in won.
    pub balance_after: i64,
}

/// Writes lines of one kind, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn write(
    on: &mut Connection,
    user: UserId,
    kind: Kind,
    entries: &[Entry],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let rows = vec!["(?, ?, ?, ?, ?, ?)"; entries.len()].join(", ");
    let sql = format!(
        "INSERT INTO balance_history (user_id, kind, ref, amount, balance_after, created_at)
         VALUES {rows}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for entry in entries {
        query = query
            .bind(signed(user.get()))
            .bind(kind.as_str())
            .bind(entry.reference)
            .bind(entry.amount)
            .bind(entry.balance_after)
            .bind(utc(now));
    }
    query.execute(on).await?;
    Ok(())
}
