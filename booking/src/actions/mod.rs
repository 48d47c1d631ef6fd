//! What can be done: one verb a file. Transactions begin and end here, visibly, in one function.
//!
//! Every transaction takes its locks in one order: the caller's own balance row, seats ascending,
//! reservations ascending, then inserts, the idempotency key last. Nobody ever locks another
//! user's balance row, so one user's calls are serial and users meet only at seats.

pub mod attempt;
pub mod audit;
pub mod available_dates;
pub mod available_seats;
pub mod balance;
pub mod cancel;
pub mod cancel_date;
pub mod charge;
pub mod concerts;
pub mod forget;
pub mod history;
pub mod import;
pub mod migrate;
pub mod process;
pub mod ready;
pub mod refund;
pub mod release;
pub mod reservations;
pub mod reserve;
pub mod sweep;
pub mod ticket;

use std::time::Duration;

use shared::ids::{ConcertId, UserId};

use crate::domain::key::{Answer, Keyed};
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::store::balance::Account;
use crate::store::{self, Connection, Database, Tx};

/// What every action works with.
#[derive(Debug, Clone)]
pub struct Office {
    /// The books.
    pub database: Database,
    /// How long a seat is kept for one user.
    pub hold: Duration,
    /// The concert that is meant when none is named; without one the lowest id.
    pub default_concert: Option<ConcertId>,
}

impl Office {
    /// An office by these settings. Needs a running tokio runtime.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            database: Database::new(&settings.database),
            hold: settings.hold,
            default_concert: settings.default_concert,
        }
    }
}

/// Who calls, and with which key.
#[derive(Debug, Clone)]
pub struct Call {
    /// The user of the pass.
    pub user: UserId,
    /// The key, when there is one.
    pub keyed: Option<Keyed>,
}

/// The head of a transaction: go on with the locked account, or tell the earlier answer again.
enum Head {
    Fresh(Account),
    Known(Answer),
}

/// Locks the caller's account and looks the key up, as the first thing in every transaction.
async fn head(tx: &mut Tx<'_>, call: &Call) -> Result<Head, Refusal> {
    let mut account = store::balance::lock(tx, call.user, call.keyed.as_ref()).await?;
    match (account.stored.take(), &call.keyed) {
        (Some(stored), Some(keyed)) => stored.replay(keyed).map(Head::Known),
        _ => Ok(Head::Fresh(account)),
    }
}

/// The tail of a transaction: keeps the answer under the key, as the last thing before the commit.
async fn keep(
    tx: &mut Tx<'_>,
    call: &Call,
    account: &Account,
    answer: &Answer,
) -> Result<(), Refusal> {
    if let Some(keyed) = &call.keyed {
        store::key::insert(tx, call.user, keyed, answer, account.now).await?;
    }
    Ok(())
}

/// Ends a call that a plain read has refused. Its key is looked up only now, after that read: what
/// refuses the call may be its own earlier success.
async fn refuse(
    connection: &mut Connection,
    call: &Call,
    refusal: Refusal,
) -> Result<Answer, Refusal> {
    let Some(keyed) = &call.keyed else {
        return Err(refusal);
    };
    match store::key::find(connection, call.user, keyed).await? {
        Some(stored) => stored.replay(keyed),
        None => Err(refusal),
    }
}
