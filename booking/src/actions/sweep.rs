//! Sweep: tidies lapsed holds and old keys away. Hygiene only: everything is right without it.

use std::collections::BTreeMap;

use shared::ids::SeatId;

use super::Office;
use crate::domain::reservation::ReservationId;
use crate::store::{self, Failure, Pooled};

/// How many seats are looked at in one go.
const SEATS_A_BATCH: u32 = 200;
/// The contract promises 24 hours; twice that leaves room for whoever reads it generously.
const KEY_LIFETIME_HOURS: u32 = 48;
/// How many old keys are forgotten in one go.
const KEYS_A_BATCH: u32 = 1_000;

/// What was tidied away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Seats that are available again.
    pub seats: u64,
    /// Keys that are forgotten.
    pub keys: u64,
    /// Whether there may be more.
    pub more: bool,
}

/// Sweeps one batch. Several may run at once: what one has done, the other finds done.
///
/// # Errors
/// When the database does not answer; what was swept so far stays so.
pub async fn sweep(office: &Office) -> Result<Swept, Failure> {
    let mut connection = office.database.connection().await?;
    let lapsed = store::seat::lapsed(&mut connection, SEATS_A_BATCH).await?;
    let found = lapsed.len();
    let mut holds: BTreeMap<ReservationId, Vec<SeatId>> = BTreeMap::new();
    for (seat, reservation) in lapsed {
        holds.entry(reservation).or_default().push(seat);
    }
    let mut seats = 0;
    for (reservation, held) in holds {
        seats += let_go(&mut connection, reservation, &held).await?;
    }
    let keys = store::key::forget(&mut connection, KEY_LIFETIME_HOURS, KEYS_A_BATCH).await?;
    let full = found == usize::try_from(SEATS_A_BATCH).unwrap_or(usize::MAX);
    Ok(Swept {
        seats,
        keys,
        more: full || keys == u64::from(KEYS_A_BATCH),
    })
}

/// Lets the seats of one lapsed hold go, and closes its reservation. Answers how many those were:
/// a thief may have been faster with some.
async fn let_go(
    connection: &mut Pooled,
    reservation: ReservationId,
    seats: &[SeatId],
) -> Result<u64, Failure> {
    let mut tx = store::begin(connection).await?;
    let freed = store::seat::let_go(&mut tx, seats, reservation).await?;
    if freed > 0 {
        store::reservation::expire(&mut tx, &[reservation]).await?;
    }
    store::commit(tx).await?;
    Ok(freed)
}
