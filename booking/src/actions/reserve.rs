//! Reserve: seats go to one user for some minutes, and to nobody else meanwhile.

use serde::Serialize;
use shared::ids::{QueueName, UserId};

use super::attempt::attempt;
use super::{Call, Head, Office, head, keep, refuse};
use crate::domain::key::Answer;
use crate::domain::reservation::{Hold, ReservationId};
use crate::domain::seat::{Offer, SeatIds};
use crate::refusal::Refusal;
use crate::store::{self, Connection, Tx};

/// What is wished for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The queue that let the caller in.
    pub queue: QueueName,
    /// The seats.
    pub seats: SeatIds,
}

/// Holds the seats for the caller. `answer` writes the success: its bytes have to be known before
/// the commit, because the key keeps them.
///
/// # Errors
/// Every refusal of [`Offer`], `SeatTaken` when another was faster, and a key's.
pub async fn reserve<R: Serialize>(
    office: &Office,
    call: &Call,
    wish: &Wish,
    answer: impl Fn(&Hold) -> R,
) -> Result<Answer, Refusal> {
    attempt(office, call, "reserve", || {
        once(office, call, wish, &answer)
    })
    .await
}

async fn once<R: Serialize>(
    office: &Office,
    call: &Call,
    wish: &Wish,
    answer: impl Fn(&Hold) -> R,
) -> Result<Answer, Refusal> {
    let mut connection = office.database.connection().await?;
    // Ten thousand losers end here, without a lock.
    let offer = match offer(&mut connection, office, call, wish).await {
        Ok((_, Some(hold))) if call.keyed.is_none() => return Ok(Answer::ok(&answer(&hold))),
        Ok((offer, _)) => offer,
        Err(refusal) => return refuse(&mut connection, call, refusal).await,
    };
    let mut tx = store::begin(&mut connection).await?;
    let account = match head(&mut tx, call).await? {
        Head::Fresh(account) => account,
        Head::Known(answer) => return Ok(answer),
    };
    let have = store::reservation::possessions(&mut tx, call.user, offer.date).await?;
    let hold = match offer.check_limit(&have)? {
        Some(hold) => hold,
        None => take(&mut tx, call.user, &offer, &wish.seats).await?,
    };
    let answer = Answer::ok(&answer(&hold));
    keep(&mut tx, call, &account, &answer).await?;
    store::commit(tx).await?;
    Ok(answer)
}

/// The seats as a plain read sees them, and the caller's own hold when it has them all already.
async fn offer(
    connection: &mut Connection,
    office: &Office,
    call: &Call,
    wish: &Wish,
) -> Result<(Offer, Option<Hold>), Refusal> {
    let offers = store::seat::offers(connection, &wish.seats, call.user, office.hold).await?;
    let offer = Offer::of(offers, &wish.seats)?;
    let hold = offer.check(&wish.queue)?;
    Ok((offer, hold))
}

/// Takes all the seats for a new reservation, or none: the caller drops the transaction then.
async fn take(
    tx: &mut Tx<'_>,
    user: UserId,
    offer: &Offer,
    seats: &SeatIds,
) -> Result<Hold, Refusal> {
    let id = ReservationId::generate();
    let taken = store::seat::take(tx, seats, id, offer.deadline.at).await?;
    if taken != seats.as_slice().len() {
        let seats = store::seat::lost(tx, seats, id).await?;
        return Err(Refusal::SeatTaken { seats });
    }
    store::reservation::expire(tx, &offer.superseded()).await?;
    store::reservation::insert(tx, user, id, offer).await?;
    Ok(Hold {
        id,
        amount: offer.amount(),
        deadline: offer.deadline,
    })
}
