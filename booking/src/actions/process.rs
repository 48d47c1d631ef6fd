//! Process: pays live holds of the caller, all or nothing.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::ids::{QueueName, Ticket, UserId};

use super::attempt::attempt;
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
    answer: impl Fn(&Paid) -> R,
) -> Result<Answer, Refusal> {
    attempt(office, call, "process", || {
        once(office, call, order, &answer)
    })
    .await
}

async fn once<R: Serialize>(
    office: &Office,
    call: &Call,
    order: &Order,
    answer: impl Fn(&Paid) -> R,
) -> Result<Answer, Refusal> {
    let mut connection = office.database.connection().await?;
    let live = store::reservation::due(call.user, &order.queue);
    let (mut tx, account, live) = match begin(&mut connection, call, live).await? {
        Begun::Fresh(tx, account, live) => (tx, account, live),
        Begun::Known(answer) => return Ok(answer),
    };
    let bill = bill(&mut tx, call.user, order, live).await?;
    // Who holds seats has an account.
    let account = account.ok_or(Failure::UnknownUser)?;
    if !account.covers(bill.total()) {
        return Err(too_little(&account, &bill));
    }
    let paid = paid(&bill, &account);
    let mut answer = Answer::ok(&answer(&paid));
    answer.revoke = bill.is_last.then_some(order.ticket);
    let writes = settle(sell(call.user, &bill, account.now), call.user, &bill, &paid);
    match writes.then(kept(call, &account, &answer)).commit(tx).await {
        Ok(()) => Ok(answer),
        Err(Unwritten::Failed(failure)) => Err(failure.into()),
        Err(Unwritten::Missed(tx, Missed::Hold)) => Err(why_it_lapsed(tx, call.user, order).await?),
        Err(Unwritten::Missed(_, Missed::Balance)) => Err(too_little(&account, &bill)),
        Err(Unwritten::Missed(_, Missed::Books(what))) => Err(Failure::Broken(what).into()),
    }
}

/// What did not stand as the caller's lock and the plain reads before it had seen it.
enum Missed {
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
    let live = store::reservation::due(user, &order.queue);
    let live = live.ask(&mut tx).await?;
    match bill(&mut tx, user, order, live).await {
        Err(Refusal::Failed(failure)) => Err(failure.into()),
        // One of several holds has lapsed: that is what has to be said, not that the sum differs.
        Ok(_) | Err(Refusal::AmountMismatch { .. }) => Ok(Refusal::HoldExpired),
        Err(refusal) => Ok(refusal),
    }
}

/// What is answered when all goes well.
fn paid(bill: &Bill, account: &Account) -> Paid {
    Paid {
        payments: Payment::for_each(bill, account.balance),
        paid_at: account.now,
        balance: account.balance - bill.total(),
    }
}

/// Turns the holds into sold seats.
fn sell(user: UserId, bill: &Bill, now: DateTime<Utc>) -> Writes<Missed> {
    let (seats, reservations) = (bill.seats(), bill.reservations());
    let no_reservation = "a live hold has no open reservation";
    let other_seats = "a reservation has other seats than it holds";
    Writes::default()
        .must_hit(
            seats.len(),
            store::seat::sell(&seats, &reservations),
            Missed::Hold,
        )
        .must_hit(
            reservations.len(),
            store::reservation::pay(user, &reservations, now),
            Missed::Books(no_reservation),
        )
        .must_hit(
            seats.len(),
            store::reservation::sell_seats(&reservations),
            Missed::Books(other_seats),
        )
}

/// Moves the money: the balance, one payment for each reservation, and a line in the ledger for
/// each payment.
fn settle(writes: Writes<Missed>, user: UserId, bill: &Bill, paid: &Paid) -> Writes<Missed> {
    let entry = |payment: &Payment| Entry {
        reference: payment.id,
        amount: payment.due.amount,
        balance_after: payment.balance_after,
    };
    let entries: Vec<Entry> = paid.payments.iter().map(entry).collect();
    let lines = store::ledger::lines(user, Kind::Payment, &entries, paid.paid_at);
    writes
        .must_hit(
            1,
            store::balance::subtract(user, bill.total()),
            Missed::Balance,
        )
        .then([store::payment::insert(user, &paid.payments, paid.paid_at)])
        .then([lines])
}
