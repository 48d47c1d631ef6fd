//! Release: the caller gives held seats back before the hold ends.

use serde::Serialize;

use super::attempt::attempt;
use super::{Begun, Call, Office, begin, kept};
use crate::domain::key::Answer;
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;
use crate::store::{self, Failure, Unwritten, Writes};

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
    let found = store::reservation::found(call.user, id);
    let (tx, account, found) = match begin(&mut connection, call, found).await? {
        Begun::Fresh(tx, account, found) => (tx, account, found),
        Begun::Known(answer) => return Ok(answer),
    };
    let found = found.ok_or(Refusal::ReservationNotFound)?;
    // Who has a reservation has an account.
    let account = account.ok_or(Failure::UnknownUser)?;
    let answer = Answer::ok(&answer());
    let free = || Writes::default().then([store::seat::give_back(&found.seats, id)]);
    let key = || kept(call, &account, &answer);
    let close = free().must_hit(1, store::reservation::release(id), Closed);
    let done = match close.then(key()).commit(tx).await {
        Err(Unwritten::Missed(mut tx, Closed)) => {
            let now = store::reservation::find(&mut tx, call.user, id).await?;
            let now = now.ok_or(Failure::Broken("a reservation has vanished"))?;
            now.status.release()?;
            free().then(key()).commit(tx).await
        }
        done => done,
    };
    match done {
        Ok(()) => Ok(answer),
        Err(Unwritten::Failed(failure)) => Err(failure.into()),
        Err(Unwritten::Missed(_, Closed)) => Err(Failure::Broken("nothing had to be hit").into()),
    }
}

/// The reservation is closed already.
struct Closed;
