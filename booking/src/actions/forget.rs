//! `booking forget USER`: what ties the books to a person goes, the books stay.
//!
//! The person is the user id, by which the shop knows who it is, and the stored answers of calls,
//! which have it in their bodies. Every row of the user goes over to a pseudonym: a number below
//! zero, drawn at random and written down nowhere, which no fan can have.

use rand::Rng as _;
use shared::ids::UserId;

use super::Office;
use crate::refusal::Refusal;
use crate::store::user::{Kept, Ties};
use crate::store::{self, Failure};

/// Why a user is not forgotten; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// There is money that is the user's.
    #[error("the balance is {0} won: it has to be spent, or paid out and taken off, first")]
    Balance(i64),
    /// A hold runs.
    #[error("{0} holds run: they have to be paid or released, or to end, first")]
    Holds(i64),
    /// A concert is to come for which the money may have to go back.
    #[error("{0} paid reservations are for dates to come: refund them, or wait until then")]
    Tickets(i64),
    /// The database did not answer or refused.
    #[error("{0}")]
    Refused(#[from] Refusal),
}

impl From<Failure> for ForgetError {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure.into())
    }
}

/// Forgets a user, in one transaction. Answers what was kept without a name; `None` when nothing
/// is known of the user, as after the first time.
///
/// # Errors
/// [`ForgetError`]; whatever it is, nothing was changed.
pub async fn forget(office: &Office, user: UserId) -> Result<Option<Kept>, ForgetError> {
    let mut connection = office.database.connection().await?;
    let mut tx = store::begin(&mut connection).await?;
    // Under this lock no call of the user runs, and the next one finds a user who is new.
    let account = match store::balance::lock(&mut tx, user, None).await {
        Err(Failure::UnknownUser) => return Ok(None),
        account => account?,
    };
    if account.balance != 0 {
        return Err(ForgetError::Balance(account.balance));
    }
    let Ties { holds, tickets } = store::user::ties(&mut tx, user).await?;
    if holds > 0 {
        return Err(ForgetError::Holds(holds));
    }
    if tickets > 0 {
        return Err(ForgetError::Tickets(tickets));
    }
    let pseudonym = -rand::rng().random_range(1..=i64::MAX);
    let kept = store::user::rename(&mut tx, user, pseudonym).await?;
    store::commit(tx).await?;
    Ok(Some(kept))
}
