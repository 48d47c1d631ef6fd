//! A user's reservations.

use shared::ids::UserId;

use super::Office;
use crate::domain::reservation::{Reservation, ReservationId};
use crate::refusal::Refusal;
use crate::store;

/// Up to `limit` reservations of the user that are older than `before`, the newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn reservations(
    office: &Office,
    user: UserId,
    before: Option<ReservationId>,
    limit: u32,
) -> Result<Vec<Reservation>, Refusal> {
    let mut connection = office.database.connection().await?;
    Ok(store::reservation::page::page(&mut connection, user, before, limit).await?)
}
