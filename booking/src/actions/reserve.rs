//! Reserve: seats go to one user for some minutes, and to nobody else meanwhile.

use serde::Serialize;
use shared::ids::{QueueName, UserId};

use super::attempt::attempt;
use super::{Begun, Call, Office, begin, kept, refuse};
use crate::domain::belongings::Belongings;
use crate::domain::key::Answer;
use crate::domain::reservation::{Hold, ReservationId};
use crate::domain::seat::{Offer, SeatIds};
use crate::refusal::Refusal;
use crate::store::{self, Failure, Unwritten, Writes};

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
    // Ten thousand losers end here, without a lock.
    let offer = match offer(office, call, wish).await {
        Ok((_, Some(hold))) if call.keyed.is_none() => return Ok(Answer::ok(&answer(&hold))),
        Ok((offer, _)) => offer,
        Err(Refusal::Failed(failure)) => return Err(failure.into()),
        Err(refusal) => return refuse(office, call, refusal).await,
    };
    let mut connection = office.database.connection().await?;
    let has_any = store::belongings::has_any(call.user, offer.date);
    let (mut tx, account, has_any) = match begin(&mut connection, call, has_any).await? {
        Begun::Fresh(tx, account, has_any) => (tx, account.ok_or(Failure::UnknownUser)?, has_any),
        Begun::Known(answer) => return Ok(answer),
    };
    let have = if has_any {
        let have = store::belongings::belongings(call.user, offer.date, office.cooldown);
        have.ask(&mut tx).await?
    } else {
        Belongings::default()
    };
    let (hold, writes) = match offer.check_caller(&have)? {
        Some(hold) => (hold, Writes::default()),
        None => take(call.user, &offer, &wish.seats),
    };
    let answer = Answer::ok(&answer(&hold));
    let writes = writes.then(kept(call, &account, &answer));
    match writes.commit(tx).await {
        Ok(()) => Ok(answer),
        Err(Unwritten::Failed(failure)) => Err(failure.into()),
        Err(Unwritten::Missed(open, Lost)) => {
            tx = open;
            let seats = store::seat::lost(&mut tx, &wish.seats, hold.id).await?;
            Err(Refusal::SeatTaken { seats })
        }
    }
}

/// Somebody else was faster with one of the seats.
struct Lost;

/// The seats as a plain read sees them, and the caller's own hold when it has them all already.
async fn offer(
    office: &Office,
    call: &Call,
    wish: &Wish,
) -> Result<(Offer, Option<Hold>), Refusal> {
    let seen = office.looks.seats(&office.database, &wish.seats).await?;
    let offers = store::seat::offers(seen, call.user, office.hold)?;
    let offer = Offer::of(offers, &wish.seats)?;
    let hold = offer.check(&wish.queue)?;
    Ok((offer, hold))
}

/// Takes all the seats for a new reservation, or none.
fn take(user: UserId, offer: &Offer, seats: &SeatIds) -> (Hold, Writes<Lost>) {
    let id = ReservationId::generate();
    let taken = store::seat::take(seats, id, offer.deadline.at);
    let writes = Writes::default()
        .must_hit(seats.as_slice().len(), taken, Lost)
        .then(store::reservation::expiry(&offer.superseded()))
        .then(store::reservation::insert(user, id, offer));
    let hold = Hold {
        id,
        amount: offer.amount(),
        deadline: offer.deadline,
    };
    (hold, writes)
}
