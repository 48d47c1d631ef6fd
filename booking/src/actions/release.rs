//! Release: the caller gives held seats back before the hold ends.

use serde::Serialize;

use super::attempt::attempt;
use super::{Call, Head, Office, head, keep, refuse};
use crate::domain::key::Answer;
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;
use crate::store::reservation::Found;
use crate::store::{self, Failure, Tx};

/// Gives the seats of a reservation back. `answer` writes the success: its bytes have to be known
/// before the commit, because the key keeps them. May be repeated, and is answered alike when the
/// hold has lapsed: either way the caller holds these seats no longer.
///
/// # Errors
/// [`Refusal::ReservationNotFound`], [`Refusal::AlreadyPaid`], and a key's.
pub async fn release<R: Serialize>(
    office: &Office,
    call: &Call,
    id: ReservationId,
    answer: impl Fn() -> R,
) -> Result<Answer, Refusal> {
    attempt(office, call, "release", || once(office, call, id, &answer)).await
}

async fn once<R: Serialize>(
    office: &Office,
    call: &Call,
    id: ReservationId,
    answer: impl Fn() -> R,
) -> Result<Answer, Refusal> {
    let mut connection = office.database.connection().await?;
    let Some(found) = store::reservation::find(&mut connection, call.user, id).await? else {
        return refuse(&mut connection, call, Refusal::ReservationNotFound).await;
    };
    let mut tx = store::begin(&mut connection).await?;
    let account = match head(&mut tx, call).await? {
        Head::Fresh(account) => account,
        Head::Known(answer) => return Ok(answer),
    };
    give_back(&mut tx, call, id, &found).await?;
    let answer = Answer::ok(&answer());
    keep(&mut tx, call, &account, &answer).await?;
    store::commit(tx).await?;
    Ok(answer)
}

/// Frees what the reservation still holds, and closes it, or finds out why it is closed already.
async fn give_back(
    tx: &mut Tx<'_>,
    call: &Call,
    id: ReservationId,
    found: &Found,
) -> Result<(), Refusal> {
    store::seat::give_back(tx, &found.seats, id).await?;
    if store::reservation::release(tx, id).await? {
        return Ok(());
    }
    let now = store::reservation::find(tx, call.user, id).await?;
    let now = now.ok_or(Failure::Broken("a reservation has vanished"))?;
    now.status.release()?;
    Ok(())
}
