//! A user's own rows. They are made by the first call that writes, never by one that reads.

use shared::ids::UserId;

use super::{Connection, Failure, signed};

/// Makes the user and an empty balance, where they are missing. The caller holds a transaction.
///
/// # Errors
/// When the database refuses.
pub async fn create(on: &mut Connection, user: UserId) -> Result<(), Failure> {
    let user = signed(user.get());
    sqlx::query("INSERT IGNORE INTO users (id, created_at) VALUES (?, UTC_TIMESTAMP(6))")
        .bind(user)
        .execute(&mut *on)
        .await?;
    sqlx::query("INSERT IGNORE INTO balances (user_id, balance) VALUES (?, 0)")
        .bind(user)
        .execute(&mut *on)
        .await?;
    Ok(())
}
