//! Process: pays live holds of the caller, all or nothing.

use std::slice;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::ids::{QueueName, SeatId, Ticket, UserId};

pub mod company;

use company::PaymentCall;

use super::attempt::attempt;
use super::together::{Caller, Writer, in_company};
use super::{Begun, Call, Office, begin, kept};
use crate::domain::key::Answer;
use crate::domain::payment::{Bill, Due, Payment, why_not_payable, why_nothing_is_due};
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;
use crate::store::balance::Account;
use crate::store::ledger::{Entry, Kind};
use crate::store::{self, Connection, Failure, Tx, Unwritten, Writes};

/// For how long a fan is told that a hold has lapsed, rather than that there is none.
const LAPSED_LATELY_HOURS: u32 = 1;

/// What is to be paid, and by whom.
#[derive(Debug, Clone)]
pub struct Order {
    /// The queue that let the caller in: holds of other queues are not meant.
    pub queue: QueueName,
    /// The ticket whose session ends when nothing else is left to pay.
    pub ticket: Ticket,
    /// Whether that session is over already. A hold may still be paid.
    pub session_over: bool,
    /// What the client expects to pay, in won.
    pub amount: i64,
    /// The one reservation that is meant; all without one.
    pub only: Option<ReservationId>,
}

/// What was paid.
#[derive(Debug, Clone)]
pub struct Paid {
    /// One payment for each reservation.
    pub payments: Vec<Payment>,
    /// When.
    pub paid_at: DateTime<Utc>,
    /// The balance after it, in won.
    pub balance: i64,
}

/// Pays. `answer` writes the success: its bytes have to be known before the commit, because the
/// key keeps them.
///
/// # Errors
/// In the contract's order: the reservation is not there, nothing is due, the amount differs, the
/// balance is too small, a hold has lapsed meanwhile; and a key's.
pub async fn process<R: Serialize>(
    office: &Office,
    call: &Call,
    order: &Order,
    answer: impl Fn(&Paid) -> R + Send + Sync + 'static,
) -> Result<Answer, Refusal> {
    let answer: Writer<Paid> = Arc::new(move |paid| Answer::ok(&answer(paid)));
    attempt(office, call, "process", || {
        once(office, call, order, &answer)
    })
    .await
}

async fn once(
    office: &Office,
    call: &Call,
    order: &Order,
    answer: &Writer<Paid>,
) -> Result<Answer, Refusal> {
    let together = PaymentCall {
        call: call.clone(),
        order: order.clone(),
        answer: Arc::clone(answer),
    };
    if let Some(answer) = in_company(office, Caller::Payment(together)).await? {
        return Ok(answer);
    }
    let mut connection = office.database.connection().await?;
    let dues = store::reservation::dues(&[call.user]);
    let (mut tx, account, mut dues) = match begin(&mut connection, call, dues).await? {
        Begun::Fresh(tx, account, dues) => (tx, account, dues),
        Begun::Known(answer) => return Ok(answer),
    };
    let live = dues.take(call.user, &order.queue);
    let bill = bill(&mut tx, call.user, order, live).await?;
    // Who holds seats has an account.
    let account = account.ok_or(Failure::UnknownUser)?;
    if !account.covers(bill.total()) {
        return Err(too_little(&account, &bill));
    }
    let sale = Sale::new(call.user, bill, &account);
    let answer = order.answered(&sale, answer);
    let writes = writes(Writes::default(), slice::from_ref(&sale), account.now);
    match writes.then(kept(call, &account, &answer)).commit(tx).await {
        Ok(()) => Ok(answer),
        Err(Unwritten::Failed(failure)) => Err(failure.into()),
        Err(Unwritten::Missed(tx, Missed::Hold)) => Err(why_it_lapsed(tx, call.user, order).await?),
        Err(Unwritten::Missed(_, Missed::Balance)) => Err(too_little(&account, &sale.bill)),
        Err(Unwritten::Missed(_, Missed::Books(what))) => Err(Failure::Broken(what).into()),
    }
}

/// What did not stand as the caller's lock and the plain reads before it had seen it.
pub(super) enum Missed {
    /// A hold has lapsed meanwhile, or was taken over.
    Hold,
    /// There is less on the balance than it costs.
    Balance,
    /// What cannot be.
    Books(&'static str),
}

/// The bill for the live holds that are meant, for the expected amount.
async fn bill(
    on: &mut Connection,
    user: UserId,
    order: &Order,
    live: Vec<Due>,
) -> Result<Bill, Refusal> {
    let Some(bill) = Bill::of(live, order.only) else {
        return Err(why_there_is_no_bill(on, user, order).await?);
    };
    bill.check_amount(order.amount)?;
    Ok(bill)
}

fn too_little(account: &Account, bill: &Bill) -> Refusal {
    Refusal::InsufficientBalance {
        balance: account.balance,
        required: bill.total(),
    }
}

async fn why_there_is_no_bill(
    on: &mut Connection,
    user: UserId,
    order: &Order,
) -> Result<Refusal, Failure> {
    let Some(only) = order.only else {
        let hours = LAPSED_LATELY_HOURS;
        let queue = &order.queue;
        let lapsed = store::reservation::newest_lapsed_lately(on, user, queue, hours).await?;
        return Ok(why_nothing_is_due(lapsed, order.session_over));
    };
    Ok(match store::reservation::find(on, user, only).await? {
        None => Refusal::ReservationNotFound,
        Some(found) if found.queue != order.queue.as_str() => Refusal::WrongQueue,
        Some(found) => why_not_payable(found.status, found.lapsed),
    })
}

/// Why a hold that stood when the bill was made does not stand any more.
async fn why_it_lapsed(mut tx: Tx<'_>, user: UserId, order: &Order) -> Result<Refusal, Refusal> {
    let mut dues = store::reservation::dues(&[user]).ask(&mut tx).await?;
    let live = dues.take(user, &order.queue);
    match bill(&mut tx, user, order, live).await {
        Err(Refusal::Failed(failure)) => Err(failure.into()),
        // One of several holds has lapsed: that is what has to be said, not that the sum differs.
        Ok(_) | Err(Refusal::AmountMismatch { .. }) => Ok(Refusal::HoldExpired),
        Err(refusal) => Ok(refusal),
    }
}

/// What one caller pays, and what is answered when all goes well.
pub(super) struct Sale {
    user: UserId,
    bill: Bill,
    paid: Paid,
}

impl Sale {
    fn new(user: UserId, bill: Bill, account: &Account) -> Self {
        let paid = Paid {
            payments: Payment::for_each(&bill, account.balance),
            paid_at: account.now,
            balance: account.balance - bill.total(),
        };
        Self { user, bill, paid }
    }
}

impl Order {
    fn answered(&self, sale: &Sale, answer: &Writer<Paid>) -> Answer {
        Answer {
            revoke: sale.bill.is_last.then_some(self.ticket),
            ..answer(&sale.paid)
        }
    }
}

/// After what is written before, turns the holds into sold seats, and moves the money.
pub(super) fn writes<M: From<Missed>>(
    before: Writes<M>,
    sales: &[Sale],
    now: DateTime<Utc>,
) -> Writes<M> {
    if sales.is_empty() {
        return before;
    }
    settle(sell(before, sales, now), sales, now)
}

fn sell<M: From<Missed>>(before: Writes<M>, sales: &[Sale], now: DateTime<Utc>) -> Writes<M> {
    let dues = || sales.iter().flat_map(|sale| &sale.bill.holds);
    let held = dues().flat_map(|due| due.seats.iter().map(|seat| (*seat, due.reservation)));
    let mut held: Vec<(SeatId, ReservationId)> = held.collect();
    held.sort_unstable();
    let mut reservations: Vec<ReservationId> = dues().map(|due| due.reservation).collect();
    reservations.sort_unstable();
    let users: Vec<UserId> = sales.iter().map(|sale| sale.user).collect();
    let books = |what| M::from(Missed::Books(what));
    before
        .must_hit(held.len(), store::seat::sell(&held), Missed::Hold.into())
        .must_hit(
            reservations.len(),
            store::reservation::pay(&users, &reservations, now),
            books("a live hold has no open reservation"),
        )
        .must_hit(
            held.len(),
            store::reservation::sell_seats(&held),
            books("a reservation does not have the seats that it holds"),
        )
}

/// The balances, one payment for each reservation, and a line in the ledger for each payment.
fn settle<'a, M: From<Missed>>(
    writes: Writes<M>,
    sales: &'a [Sale],
    now: DateTime<Utc>,
) -> Writes<M> {
    let price = |sale: &Sale| (sale.user, sale.bill.total());
    let prices: Vec<(UserId, i64)> = sales.iter().map(price).collect();
    let of_each = |sale: &'a Sale| sale.paid.payments.iter().map(|one| (sale.user, one));
    let payments: Vec<(UserId, &Payment)> = sales.iter().flat_map(of_each).collect();
    let entry = |(user, payment): &(UserId, &Payment)| Entry {
        user: *user,
        reference: payment.id,
        amount: payment.due.amount,
        balance_after: payment.balance_after,
    };
    let entries: Vec<Entry> = payments.iter().map(entry).collect();
    writes
        .must_hit(
            prices.len(),
            store::balance::subtract(&prices),
            Missed::Balance.into(),
        )
        .then([store::payment::insert(&payments, now)])
        .then([store::ledger::lines(Kind::Payment, &entries, now)])
}
