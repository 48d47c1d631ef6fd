//! The concerts.

use shared::ids::ConcertId;

use super::Office;
use crate::domain::concert::Concert;
use crate::refusal::Refusal;
use crate::store;

/// Up to `limit` concerts with ids above `after`, ascending.
///
/// # Errors
/// When the database does not answer.
pub async fn concerts(
    office: &Office,
    after: Option<ConcertId>,
    limit: u32,
) -> Result<Vec<Concert>, Refusal> {
    let mut connection = office.database.connection().await?;
    Ok(store::concert::page(&mut connection, after, limit).await?)
}
