//! Reserves of several callers in one transaction: seats that are free, for users who have nothing
//! of their date yet.

use shared::ids::{SeatId, UserId};

use super::{Taken, writes};
use crate::actions::together::{Outcome, Place, Writer, begin, share};
use crate::actions::{Call, Office};
use crate::domain::belongings::Belongings;
use crate::domain::key::Answer;
use crate::domain::reservation::Hold;
use crate::domain::seat::Offer;
use crate::store::balance::Account;
use crate::store::{self, Failure, Unwritten};

/// A call whose seats are to be had as far as a plain read can see.
#[derive(Clone)]
pub struct Ready {
    pub(super) call: Call,
    pub(super) offer: Offer,
    pub(super) seats: Vec<SeatId>,
    pub(super) answer: Writer<Hold>,
}

impl Ready {
    /// What only one of a group can have.
    fn rivals_over(&self) -> (UserId, &[SeatId]) {
        (self.call.user, &self.seats)
    }

    /// The hold, when nothing has to be known of the caller that is not.
    fn hold(&self, has_any: bool) -> Option<Taken<'_>> {
        let is_allowed = self.offer.check_caller(&Belongings::default()).is_ok();
        (is_allowed && !has_any).then(|| Taken::new(self.call.user, &self.offer))
    }
}

/// The reserve of one caller, in the next group.
///
/// # Errors
/// A key's, and the failures of the database.
pub(super) async fn reserve(office: &Office, ready: Ready) -> Outcome {
    let serve = |ready: Vec<Ready>| {
        let office = office.clone();
        // In a box: every caller has room for this, and one of them makes it.
        Box::pin(async move {
            share("reserve", &ready, Ready::rivals_over, |members| {
                hold(&office, members)
            })
            .await
        })
    };
    office.groups.reserves.ask(ready, serve).await
}

async fn hold(office: &Office, members: Vec<&Ready>) -> Result<Vec<Outcome>, Failure> {
    let calls: Vec<&Call> = members.iter().map(|one| &one.call).collect();
    let users: Vec<UserId> = calls.iter().map(|call| call.user).collect();
    let mut connection = office.database.connection().await?;
    let dates = store::belongings::dates(&users);
    let (tx, places, dates) = begin(&mut connection, &calls, dates).await?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut holds: Vec<(usize, Taken<'_>, Account, Answer)> = Vec::new();
    for (index, (one, place)) in members.iter().zip(places).enumerate() {
        outcomes.push(match place {
            Place::Told(outcome) => outcome,
            Place::Fresh(account) => {
                let has_any = dates.contains(&(one.call.user, one.offer.date));
                if let Some(taken) = one.hold(has_any) {
                    let answer = (one.answer)(&taken.hold);
                    holds.push((index, taken, account, answer));
                }
                Ok(None)
            }
        });
    }
    let Some(now) = holds.first().map(|(_, _, account, _)| account.now) else {
        return Ok(outcomes);
    };
    let taken: Vec<&Taken<'_>> = holds.iter().map(|(_, taken, ..)| taken).collect();
    let kept = holds
        .iter()
        .filter_map(|(index, .., answer)| calls[*index].to_keep(answer));
    let kept: Vec<_> = kept.collect();
    let writes = writes(&taken).then(store::key::insert(&kept, now));
    match writes.commit(tx).await {
        Ok(()) => {
            for (index, .., answer) in holds {
                outcomes[index] = Ok(Some(answer));
            }
            Ok(outcomes)
        }
        // Somebody else was faster with one of the seats: whose it was each finds out alone.
        Err(Unwritten::Missed(..)) => Ok(outcomes),
        Err(Unwritten::Failed(failure)) => Err(failure),
    }
}
