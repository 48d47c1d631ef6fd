//! What happened to a user's balance.

use shared::ids::UserId;

use super::Office;
use crate::domain::ledger::{EntryId, LedgerEntry};
use crate::refusal::Refusal;
use crate::store;

/// Up to `limit` lines of the user's ledger that are older than `before`, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn history(
    office: &Office,
    user: UserId,
    before: Option<EntryId>,
    limit: u32,
) -> Result<Vec<LedgerEntry>, Refusal> {
    let mut connection = office.database.connection().await?;
    Ok(store::ledger::page(&mut connection, user, before, limit).await?)
}
