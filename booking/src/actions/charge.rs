//! Charge: puts money on the caller's balance. It believes the amount, and stands where a payment
//! provider's callback would be.

use serde::Serialize;
use uuid::Uuid;

use super::attempt::attempt;
use super::{Call, Head, Office, head, keep};
use crate::domain::balance::{MAX_BALANCE_WON, Won};
use crate::domain::key::Answer;
use crate::refusal::Refusal;
use crate::store;
use crate::store::ledger::{Entry, Kind};

/// Charges. `answer` writes the success from the balance after it: its bytes have to be known
/// before the commit, because the key keeps them.
///
/// # Errors
/// [`Refusal::BalanceLimit`], and a key's.
pub async fn charge<R: Serialize>(
    office: &Office,
    call: &Call,
    amount: Won,
    answer: impl Fn(i64) -> R,
) -> Result<Answer, Refusal> {
    attempt(office, call, "charge", || {
        once(office, call, amount, &answer)
    })
    .await
}

async fn once<R: Serialize>(
    office: &Office,
    call: &Call,
    amount: Won,
    answer: impl Fn(i64) -> R,
) -> Result<Answer, Refusal> {
    let mut connection = office.database.connection().await?;
    let mut tx = store::begin(&mut connection).await?;
    let account = match head(&mut tx, call).await? {
        Head::Fresh(account) => account,
        Head::Known(answer) => return Ok(answer),
    };
    let amount = amount.get();
    if !store::balance::add(&mut tx, call.user, amount).await? {
        let limit = MAX_BALANCE_WON;
        return Err(Refusal::BalanceLimit { limit });
    }
    let entry = Entry {
        user: call.user,
        reference: Uuid::now_v7(),
        amount,
        balance_after: account.balance + amount,
    };
    store::ledger::write(&mut tx, Kind::Charge, &[entry], account.now).await?;
    let answer = Answer::ok(&answer(entry.balance_after));
    keep(&mut tx, call, &account, &answer).await?;
    store::commit(tx).await?;
    Ok(answer)
}
