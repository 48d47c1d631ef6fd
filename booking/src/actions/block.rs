//! Block and unblock: an operator takes seats out of the sale, and puts them back.
//!
//! Only what can be reserved can be blocked, and only what is blocked unblocked: all the seats that
//! are named, or none.

use std::fmt;

use shared::ids::SeatId;

use super::Office;
use crate::domain::reservation::ReservationId;
use crate::store::{self, Connection, Failure};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// Some of the seats are not as they have to be.
    #[error("nothing was changed: {}", .0.join(", "))]
    Unfit(Vec<String>),
    /// A seat was taken between looking and blocking.
    #[error("nothing was changed: a seat was taken in the meantime; look again and repeat")]
    Taken,
    /// The database did not answer or refused.
    #[error("nothing was changed: {0}")]
    Database(#[from] Failure),
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    verb: &'static str,
    seats: usize,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.seats == 1 { "seat" } else { "seats" };
        write!(f, "{} {} {noun}", self.verb, self.seats)
    }
}

/// Takes seats out of the sale. A lapsed hold is no hold.
///
/// # Errors
/// [`BlockError`]; whatever it is, nothing was changed.
pub async fn block(office: &Office, seats: &[SeatId]) -> Result<Done, BlockError> {
    let seats = sorted(seats);
    let mut connection = office.database.connection().await?;
    let lapsed = look(&mut connection, &seats, "available").await?;
    let mut tx = store::begin(&mut connection).await?;
    // Seats before reservations, as everybody takes them.
    if store::block::block(&mut tx, &seats).await? != seats.len() {
        return Err(BlockError::Taken);
    }
    if !lapsed.is_empty() {
        store::reservation::expire(&mut tx, &lapsed).await?;
    }
    store::commit(tx).await?;
    Ok(Done {
        verb: "blocked",
        seats: seats.len(),
    })
}

/// Puts blocked seats back into the sale.
///
/// # Errors
/// [`BlockError`]; whatever it is, nothing was changed.
pub async fn unblock(office: &Office, seats: &[SeatId]) -> Result<Done, BlockError> {
    let seats = sorted(seats);
    let mut connection = office.database.connection().await?;
    look(&mut connection, &seats, "blocked").await?;
    let mut tx = store::begin(&mut connection).await?;
    if store::block::unblock(&mut tx, &seats).await? != seats.len() {
        return Err(BlockError::Taken);
    }
    store::commit(tx).await?;
    Ok(Done {
        verb: "unblocked",
        seats: seats.len(),
    })
}

fn sorted(seats: &[SeatId]) -> Vec<SeatId> {
    let mut seats = seats.to_vec();
    seats.sort_unstable();
    seats.dedup();
    seats
}

/// Looks whether all seats are in this state, and tells each that is not. Answers the reservations
/// whose lapsed holds are on them, ascending.
async fn look(
    connection: &mut Connection,
    seats: &[SeatId],
    wanted: &str,
) -> Result<Vec<ReservationId>, BlockError> {
    let found = store::block::states(connection, seats).await?;
    let mut unfit = Vec::new();
    for seat in seats {
        match found.iter().find(|found| found.seat == *seat) {
            Some(found) if found.state == wanted => {}
            Some(found) => unfit.push(format!("seat {seat} is {}", found.state)),
            None => unfit.push(format!("there is no seat {seat}")),
        }
    }
    if !unfit.is_empty() {
        return Err(BlockError::Unfit(unfit));
    }
    let mut lapsed: Vec<_> = found.into_iter().filter_map(|found| found.lapsed).collect();
    lapsed.sort_unstable();
    lapsed.dedup();
    Ok(lapsed)
}
