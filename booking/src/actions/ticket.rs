//! `booking ticket verify CODE`: whose seat a code is for, and whether it still is.

use shared::keyring::Keyring;

use super::Office;
use crate::domain::ticket::TicketCode;
use crate::refusal::Refusal;
use crate::store;
use crate::store::ticket::Purchase;

/// What a code is good for.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The seat is its holder's.
    Valid(Purchase),
    /// It was, until the money went back.
    Refunded(Purchase),
    /// We have not made it, or with a key that is not in the ring any more.
    Unknown,
}

/// Looks the code up: the one purchase of its seat, of those that were ever paid, for which we
/// would have made it.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(office: &Office, keys: &Keyring, code: TicketCode) -> Result<Verdict, Refusal> {
    let mut connection = office.database.connection().await?;
    let sold = store::ticket::ever_sold(&mut connection, code.seat()).await?;
    let found = sold
        .into_iter()
        .find(|purchase| code.is_of(keys, purchase.reservation));
    Ok(match found {
        None => Verdict::Unknown,
        Some(purchase) if purchase.refunded_at.is_some() => Verdict::Refunded(purchase),
        Some(purchase) => Verdict::Valid(purchase),
    })
}
