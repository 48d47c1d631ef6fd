//! A user's balance.

use shared::ids::UserId;

use super::Office;
use crate::refusal::Refusal;
use crate::store;

/// The balance, in won: 0 for a user who has never written anything.
///
/// # Errors
/// When the database does not answer.
pub async fn balance(office: &Office, user: UserId) -> Result<i64, Refusal> {
    let mut connection = office.database.connection().await?;
    Ok(store::balance::of(&mut connection, user).await?)
}
