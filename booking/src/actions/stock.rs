//! The stock of every queue, counted once a second at most.

use std::sync::Arc;
use std::time::Duration;

use super::Office;
use crate::domain::stock::Stock;
use crate::fresh::Made;
use crate::refusal::Refusal;
use crate::store::{self, Failure};

/// The stock by queue, and for how long it may still be shown.
///
/// # Errors
/// When the database does not answer.
pub async fn stock(office: &Office) -> Result<(Arc<Made<Vec<Stock>>>, Duration), Refusal> {
    let stock = office.board.stock.get(|_| count(office)).await?;
    let left = office.board.stock.left_of(&stock);
    Ok((stock, left))
}

async fn count(office: &Office) -> Result<Vec<Stock>, Failure> {
    let mut connection = office.database.connection().await?;
    store::stock::by_queue(&mut connection).await
}
