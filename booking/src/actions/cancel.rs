//! Cancel: a fan gives paid seats back, until the concert's cutoff, and has the money again.

use serde::Serialize;

use super::attempt::attempt;
use super::refund::give_back;
use super::{Call, Head, Office, head, keep, refuse};
use crate::domain::key::Answer;
use crate::domain::refund::Refund;
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;
use crate::store;

/// Cancels a reservation. `answer` writes the success: its bytes have to be known before the
/// commit, because the key keeps them. May be repeated, and is answered alike, also after the
/// cutoff: the money is back.
///
/// # Errors
/// [`Refusal::ReservationNotFound`], [`Refusal::NothingToRefund`], [`Refusal::NotRefundable`],
/// [`Refusal::CancelTooLate`], [`Refusal::BalanceLimit`], and a key's.
pub async fn cancel<R: Serialize>(
    office: &Office,
    call: &Call,
    id: ReservationId,
    answer: impl Fn(&Refund) -> R,
) -> Result<Answer, Refusal> {
    attempt(office, call, "cancel", || once(office, call, id, &answer)).await
}

async fn once<R: Serialize>(
    office: &Office,
    call: &Call,
    id: ReservationId,
    answer: impl Fn(&Refund) -> R,
) -> Result<Answer, Refusal> {
    let mut connection = office.database.connection().await?;
    let sale = store::refund::find(&mut connection, call.user, id).await?;
    // On the database's clock, when the call came: who has to wait for a lock is not late for it.
    let sale = sale
        .ok_or(Refusal::ReservationNotFound)
        .and_then(|sale| sale.may_be_cancelled().map(|()| sale));
    let sale = match sale {
        Ok(sale) => sale,
        Err(refusal) => {
            connection.put_back();
            return refuse(office, call, refusal).await;
        }
    };
    let mut tx = store::begin(&mut connection).await?;
    let account = match head(&mut tx, call).await? {
        Head::Fresh(account) => account,
        Head::Known(answer) => return Ok(answer),
    };
    let refund = give_back(&mut tx, call.user, id, &sale, &account).await?;
    let answer = Answer::ok(&answer(&refund));
    keep(&mut tx, call, &account, &answer).await?;
    store::commit(tx).await?;
    Ok(answer)
}
