//! Refund: a paid reservation's seats become free and its money goes back, once and together. A fan
//! cancels until the cutoff; an operator refunds at any time.

use shared::ids::UserId;

use super::attempt::attempt;
use super::{Call, Head, Office, head};
use crate::domain::balance::MAX_BALANCE_WON;
use crate::domain::refund::{Refund, Sale};
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;
use crate::store::balance::Account;
use crate::store::ledger::{Entry, Kind};
pub use crate::store::refund::Owner;
use crate::store::{self, Failure, Tx};

/// Refunds a reservation of this user for an operator, whatever the cutoff says. May be repeated.
///
/// # Errors
/// [`Refusal::ReservationNotFound`], [`Refusal::NothingToRefund`], [`Refusal::BalanceLimit`].
pub async fn refund(office: &Office, user: UserId, id: ReservationId) -> Result<Refund, Refusal> {
    let call = Call { user, keyed: None };
    attempt(office, &call, "refund", || once(office, &call, id)).await
}

/// Whose reservation an operator names.
///
/// # Errors
/// [`Refusal::ReservationNotFound`], and when the database does not answer.
pub async fn owner(office: &Office, id: ReservationId) -> Result<Owner, Refusal> {
    let mut connection = office.database.connection().await?;
    let owner = store::refund::owner(&mut connection, id).await?;
    owner.ok_or(Refusal::ReservationNotFound)
}

async fn once(office: &Office, call: &Call, id: ReservationId) -> Result<Refund, Refusal> {
    let mut connection = office.database.connection().await?;
    let found = store::refund::find(&mut connection, call.user, id).await?;
    let sale = found.ok_or(Refusal::ReservationNotFound)?;
    sale.may_be_refunded()?;
    let mut tx = store::begin(&mut connection).await?;
    let account = match head(&mut tx, call).await? {
        Head::Fresh(account) => account,
        Head::Known(_) => return Err(Failure::Broken("an operator's call has a key").into()),
    };
    let refund = give_back(&mut tx, call.user, id, &sale, &account).await?;
    store::commit(tx).await?;
    Ok(refund)
}

/// Frees the seats and moves the money, under the lock of the user's account; or finds out that an
/// earlier call has. The row count of the seats is the verdict; each of the other writes has to hit
/// exactly what it undoes.
pub(super) async fn give_back(
    tx: &mut Tx<'_>,
    user: UserId,
    id: ReservationId,
    sale: &Sale,
    account: &Account,
) -> Result<Refund, Refusal> {
    if let Some(earlier) = sale.earlier_refund() {
        return Ok(earlier);
    }
    if store::refund::free_seats(tx, &sale.seats, id).await? != sale.seats.len() {
        let now = store::refund::find(tx, user, id).await?;
        let earlier = now.and_then(|now| now.earlier_refund());
        return Ok(earlier.ok_or(Failure::Broken("a paid reservation has lost a seat"))?);
    }
    if !store::refund::close(tx, user, id).await? {
        return Err(Failure::Broken("sold seats have no paid reservation").into());
    }
    if store::refund::unsell(tx, id).await? != sale.seats.len() {
        return Err(Failure::Broken("a sold seat is not marked as sold").into());
    }
    settle(tx, user, sale, account).await
}

/// Moves the money back: the payment, the balance, and a line in the ledger.
async fn settle(
    tx: &mut Tx<'_>,
    user: UserId,
    sale: &Sale,
    account: &Account,
) -> Result<Refund, Refusal> {
    let (amount, at) = (sale.amount, account.now);
    let payment = sale.payment;
    let payment = payment.ok_or(Failure::Broken("a paid reservation has no payment"))?;
    if !store::refund::give_back(tx, payment, at).await? {
        return Err(Failure::Broken("a payment was refunded and its seats were not").into());
    }
    if !store::balance::add(tx, user, amount).await? {
        let limit = MAX_BALANCE_WON;
        return Err(Refusal::BalanceLimit { limit });
    }
    let entry = Entry {
        user,
        reference: payment,
        amount,
        balance_after: account.balance + amount,
    };
    store::ledger::write(tx, Kind::Refund, &[entry], at).await?;
    Ok(Refund {
        amount,
        at,
        earlier: false,
    })
}
