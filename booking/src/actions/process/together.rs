//! Payments of several callers in one transaction: live holds for just the amount, covered by the
//! balance.

use shared::ids::{SeatId, UserId};

use super::{Order, Paid, Sale, writes};
use crate::actions::together::{Outcome, Place, Writer, begin, share};
use crate::actions::{Call, Office};
use crate::domain::key::Answer;
use crate::domain::payment::{Bill, Due};
use crate::store::balance::Account;
use crate::store::{self, Failure, Unwritten};

/// A call that pays.
#[derive(Clone)]
pub struct Ready {
    pub(super) call: Call,
    pub(super) order: Order,
    pub(super) answer: Writer<Paid>,
}

impl Ready {
    /// What only one of a group can have.
    fn rivals_over(&self) -> (UserId, &[SeatId]) {
        (self.call.user, &[])
    }

    /// The sale, when all is as the caller expects it.
    fn sale(&self, live: Vec<Due>, account: &Account) -> Option<Sale> {
        let bill = Bill::of(live, self.order.only)?;
        let is_right = bill.check_amount(self.order.amount).is_ok();
        let is_plain = is_right && account.covers(bill.total());
        is_plain.then(|| Sale::new(self.call.user, bill, account))
    }
}

/// The payment of one caller, in the next group.
///
/// # Errors
/// A key's, and the failures of the database.
pub(super) async fn process(office: &Office, ready: Ready) -> Outcome {
    let serve = |ready: Vec<Ready>| {
        let office = office.clone();
        // In a box: every caller has room for this, and one of them makes it.
        Box::pin(async move {
            share("process", &ready, Ready::rivals_over, |members| {
                pay(&office, members)
            })
            .await
        })
    };
    office.groups.payments.ask(ready, serve).await
}

async fn pay(office: &Office, members: Vec<&Ready>) -> Result<Vec<Outcome>, Failure> {
    let calls: Vec<&Call> = members.iter().map(|one| &one.call).collect();
    let users: Vec<UserId> = calls.iter().map(|call| call.user).collect();
    let mut connection = office.database.connection().await?;
    let dues = store::reservation::dues(&users);
    let (tx, places, mut dues) = begin(&mut connection, &calls, dues).await?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut sales: Vec<(usize, Sale, Answer)> = Vec::new();
    for (index, (one, place)) in members.iter().zip(places).enumerate() {
        outcomes.push(match place {
            Place::Told(outcome) => outcome,
            Place::Fresh(account) => {
                let live = dues.take(one.call.user, &one.order.queue);
                if let Some(sale) = one.sale(live, &account) {
                    let answer = one.order.answered(&sale, &one.answer);
                    sales.push((index, sale, answer));
                }
                Ok(None)
            }
        });
    }
    let Some(now) = sales.first().map(|(_, sale, _)| sale.paid.paid_at) else {
        return Ok(outcomes);
    };
    let sold: Vec<&Sale> = sales.iter().map(|(_, sale, _)| sale).collect();
    let kept = sales
        .iter()
        .filter_map(|(index, _, answer)| calls[*index].to_keep(answer));
    let kept: Vec<_> = kept.collect();
    let writes = writes(&sold, now).then(store::key::insert(&kept, now));
    match writes.commit(tx).await {
        Ok(()) => {
            for (index, _, answer) in sales {
                outcomes[index] = Ok(Some(answer));
            }
            Ok(outcomes)
        }
        // One of them is not as it was read: which one, each finds out alone.
        Err(Unwritten::Missed(..)) => Ok(outcomes),
        Err(Unwritten::Failed(failure)) => Err(failure),
    }
}
