//! Process: pays live holds of the caller, all or nothing.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::ids::{QueueName, Ticket, UserId};

use super::attempt::attempt;
use super::{Call, Head, Office, head, keep, refuse};
use crate::domain::key::Answer;
use crate::domain::payment::{Bill, Payment, why_not_payable, why_nothing_is_due};
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;
use crate::store::balance::Account;
use crate::store::ledger::{Entry, Kind};
use crate::store::{self, Connection, Failure, Tx};

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
    let bill = match bill(&mut connection, call.user, order).await {
        Ok(bill) => bill,
        Err(refusal) => return refuse(&mut connection, call, refusal).await,
    };
    let mut tx = store::begin(&mut connection).await?;
    let account = match head(&mut tx, call).await? {
        Head::Fresh(account) => account,
        Head::Known(answer) => return Ok(answer),
    };
    if !account.covers(bill.total()) {
        let refusal = Refusal::InsufficientBalance {
            balance: account.balance,
            required: bill.total(),
        };
        return Err(judge_again(&mut tx, call.user, order)
            .await?
            .unwrap_or(refusal));
    }
    if !sell(&mut tx, call.user, &bill, account.now).await? {
        let lapsed = Refusal::HoldExpired;
        let why = judge_again(&mut tx, call.user, order).await?;
        // One of several holds has lapsed: that is what has to be said, not that the sum differs.
        let why = why.filter(|why| !matches!(why, Refusal::AmountMismatch { .. }));
        return Err(why.unwrap_or(lapsed));
    }
    let paid = settle(&mut tx, call.user, &bill, &account).await?;
    let mut answer = Answer::ok(&answer(&paid));
    answer.revoke = bill.is_last.then_some(order.ticket);
    keep(&mut tx, call, &account, &answer).await?;
    store::commit(tx).await?;
    Ok(answer)
}

/// The live holds that are meant, as a plain read sees them, for the expected amount.
async fn bill(on: &mut Connection, user: UserId, order: &Order) -> Result<Bill, Refusal> {
    let live = store::reservation::due(on, user, &order.queue).await?;
    let Some(bill) = Bill::of(live, order.only) else {
        return Err(why_there_is_no_bill(on, user, order).await?);
    };
    bill.check_amount(order.amount)?;
    Ok(bill)
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

/// Why a bill that stood before the caller's lock does not stand any more: a second click finds
/// its holds paid by the first, and is told that rather than what it would cost.
async fn judge_again(
    tx: &mut Tx<'_>,
    user: UserId,
    order: &Order,
) -> Result<Option<Refusal>, Refusal> {
    match bill(tx, user, order).await {
        Ok(_) => Ok(None),
        Err(Refusal::Failed(failure)) => Err(failure.into()),
        Err(refusal) => Ok(Some(refusal)),
    }
}

/// Turns the holds into sold seats. Answers `false` when one of them is not live any more.
async fn sell(
    tx: &mut Tx<'_>,
    user: UserId,
    bill: &Bill,
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let (seats, reservations) = (bill.seats(), bill.reservations());
    if store::seat::sell(tx, &seats, &reservations).await? != seats.len() {
        return Ok(false);
    }
    if store::reservation::pay(tx, user, &reservations, now).await? != reservations.len() {
        return Err(Failure::Broken("a live hold has no open reservation"));
    }
    if store::reservation::sell_seats(tx, &reservations).await? != seats.len() {
        return Err(Failure::Broken(
            "a reservation has other seats than it holds",
        ));
    }
    Ok(true)
}

/// Moves the money: the balance, one payment for each reservation, and a line in the ledger for
/// each payment.
async fn settle(
    tx: &mut Tx<'_>,
    user: UserId,
    bill: &Bill,
    account: &Account,
) -> Result<Paid, Refusal> {
    let (balance, required) = (account.balance, bill.total());
    if !store::balance::subtract(tx, user, required).await? {
        return Err(Refusal::InsufficientBalance { balance, required });
    }
    let payments = Payment::for_each(bill, balance);
    store::payment::insert(tx, user, &payments, account.now).await?;
    let entry = |payment: &Payment| Entry {
        reference: payment.id,
        amount: payment.due.amount,
        balance_after: payment.balance_after,
    };
    let entries: Vec<Entry> = payments.iter().map(entry).collect();
    store::ledger::write(tx, user, Kind::Payment, &entries, account.now).await?;
    Ok(Paid {
        payments,
        paid_at: account.now,
        balance: balance - required,
    })
}
