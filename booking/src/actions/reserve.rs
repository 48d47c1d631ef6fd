//! Reserve: seats go to one user for some minutes, and to nobody else meanwhile.

use std::slice;
use std::sync::Arc;

use serde::Serialize;
use shared::ids::{QueueName, UserId};
use shared::sabotage;

pub mod company;

use company::ReserveCall;

use super::attempt::attempt;
use super::together::{Caller, Writer, in_company};
use super::{Begun, Call, Office, begin, kept, refuse};
use crate::domain::belongings::Belongings;
use crate::domain::key::Answer;
use crate::domain::reservation::{Hold, ReservationId};
use crate::domain::seat::{Offer, SeatIds, Wanted};
use crate::refusal::Refusal;
use crate::store::seat::Taking;
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
    answer: impl Fn(&Hold) -> R + Send + Sync + 'static,
) -> Result<Answer, Refusal> {
    let answer: Writer<Hold> = Arc::new(move |hold| Answer::ok(&answer(hold)));
    attempt(office, call, "reserve", || {
        once(office, call, wish, &answer)
    })
    .await
}

async fn once(
    office: &Office,
    call: &Call,
    wish: &Wish,
    answer: &Writer<Hold>,
) -> Result<Answer, Refusal> {
    if goes_in_company(office, wish) {
        let together = ReserveCall {
            call: call.clone(),
            wish: wish.clone(),
            answer: Arc::clone(answer),
        };
        if let Some(answer) = in_company(office, Caller::Reserve(together)).await? {
            return Ok(answer);
        }
    }
    // Ten thousand losers end here, without a lock.
    let offer = match offer(office, call, wish).await {
        Ok((_, Some(hold))) if call.keyed.is_none() => return Ok(answer(&hold)),
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
    let own = offer.check_caller(&have)?;
    let (hold, writes) = if let Some(hold) = own {
        (hold, Writes::default())
    } else {
        let taken = Taken::new(call.user, offer);
        let writes = writes(Writes::default(), slice::from_ref(&taken));
        (taken.hold, writes)
    };
    let answer = answer(&hold);
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

/// Where a look has just seen that a seat is gone, another look costs less than a group.
fn goes_in_company(office: &Office, wish: &Wish) -> bool {
    // A group keeps rivals apart by its locks as well: whoever switches the guard of the UPDATE off
    // wants to see what happens without either.
    !office.looks.have_seen_gone(&wish.seats) && !sabotage::is_off("seat-guard")
}

/// Somebody else was faster with one of the seats.
pub(super) struct Lost;

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

/// Seats that a new reservation takes, all of them or none.
pub(super) struct Taken {
    user: UserId,
    offer: Offer,
    hold: Hold,
}

impl Taken {
    fn new(user: UserId, offer: Offer) -> Self {
        let hold = Hold {
            id: ReservationId::generate(),
            amount: offer.amount(),
            deadline: offer.deadline,
        };
        Self { user, offer, hold }
    }
}

/// After what is written before, takes all of the seats. Whose holds had lapsed there are written
/// down as expired.
pub(super) fn writes<'a, M: From<Lost>>(before: Writes<M>, all: &'a [Taken]) -> Writes<M> {
    if all.is_empty() {
        return before;
    }
    let takings = all.iter().flat_map(|taken| {
        let of = |seat: &Wanted| Taking {
            seat: seat.id,
            reservation: taken.hold.id,
            until: taken.hold.deadline.at,
        };
        taken.offer.seats.iter().map(of)
    });
    let mut takings: Vec<Taking> = takings.collect();
    takings.sort_unstable_by_key(|taking| taking.seat);
    let superseded = all.iter().flat_map(|taken| taken.offer.superseded());
    let mut superseded: Vec<ReservationId> = superseded.collect();
    superseded.sort_unstable();
    let new = |taken: &'a Taken| store::reservation::New {
        user: taken.user,
        id: taken.hold.id,
        offer: &taken.offer,
    };
    let new: Vec<_> = all.iter().map(new).collect();
    before
        .must_hit(takings.len(), store::seat::take(&takings), Lost.into())
        .then(store::reservation::expiry(&superseded))
        .then(store::reservation::insert(&new))
}
