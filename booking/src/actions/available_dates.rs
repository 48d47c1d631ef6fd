//! The dates that still have a seat.

use chrono::NaiveDate;
use shared::ids::ConcertId;

use super::Office;
use crate::refusal::Refusal;
use crate::store;

/// The dates of a concert that are on sale and not sold out, ascending. Without `concert` the
/// default one is meant.
///
/// # Errors
/// [`Refusal::ConcertNotFound`].
pub async fn available_dates(
    office: &Office,
    concert: Option<ConcertId>,
) -> Result<Vec<NaiveDate>, Refusal> {
    let mut connection = office.database.connection().await?;
    let concert = store::concert::find(&mut connection, concert.or(office.default_concert)).await?;
    let concert = concert.ok_or(Refusal::ConcertNotFound)?;
    Ok(store::date::on_sale(&mut connection, concert.id).await?)
}
