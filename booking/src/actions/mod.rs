//! What can be done: one verb a file. Transactions begin and end here, visibly, in one function.
//!
//! Every transaction takes its locks in one order: balance rows ascending, seats ascending,
//! reservations ascending, then inserts, the idempotency key last. One user's calls are serial;
//! callers who share a transaction pass over balances and seats that somebody else has locked.

pub mod attempt;
pub mod audit;
pub mod available_dates;
pub mod available_seats;
pub mod balance;
pub mod best;
pub mod block;
pub mod board;
pub mod cancel;
pub mod cancel_date;
pub mod charge;
pub mod concerts;
pub mod forget;
pub mod history;
pub mod import;
pub mod look;
pub mod migrate;
pub mod process;
pub mod ready;
pub mod refund;
pub mod release;
pub mod reservations;
pub mod reserve;
pub mod seat_map;
pub mod seat_status;
pub mod stock;
pub mod sweep;
pub mod ticket;
pub mod together;

use std::sync::Arc;
use std::time::Duration;

use board::Board;
use look::Looks;
use shared::ids::{ConcertId, UserId};
use together::Groups;

use crate::domain::key::{Answer, Keyed};
use crate::refusal::Refusal;
use crate::settings::{DatabaseSettings, Settings};
use crate::store::balance::Account;
use crate::store::{self, Database, Failure, Pooled, Question, Statement, Tx};

/// What every action works with.
#[derive(Debug, Clone)]
pub struct Office {
    /// The books.
    pub database: Database,
    /// How long a seat is kept for one user.
    pub hold: Duration,
    /// For how long a user may not have a seat again that the same user has let lapse.
    pub cooldown: Duration,
    /// The concert that is meant when none is named; without one the lowest id.
    pub default_concert: Option<ConcertId>,
    /// What is shown to all. Clones share it.
    pub board: Arc<Board>,
    /// Who waits to see how seats and keys stand. Clones share it.
    pub looks: Arc<Looks>,
    /// Who waits to be served together with others. Clones share it.
    pub groups: Arc<Groups>,
}

impl Office {
    /// An office by these settings. Needs a running tokio runtime.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            database: Database::new(&settings.database),
            hold: settings.hold,
            cooldown: settings.cooldown,
            default_concert: settings.default_concert,
            board: Arc::default(),
            looks: Arc::default(),
            groups: Arc::default(),
        }
    }

    /// An office for an operator's command, which holds no seats and shows no board.
    #[must_use]
    pub fn for_command(database: &DatabaseSettings) -> Self {
        Self {
            database: Database::new(database),
            hold: Duration::ZERO,
            cooldown: Duration::ZERO,
            default_concert: None,
            board: Arc::default(),
            looks: Arc::default(),
            groups: Arc::default(),
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

impl Call {
    /// What has to be kept of this success, when there is a key.
    fn to_keep<'a>(&'a self, answer: &'a Answer) -> Option<store::key::New<'a>> {
        let keyed = self.keyed.as_ref()?;
        Some(store::key::New {
            user: self.user,
            keyed,
            answer,
        })
    }
}

/// The head of a transaction: go on with the locked account, or tell the earlier answer again.
enum Head {
    Fresh(Account),
    Known(Answer),
}

/// Locks the caller's account and looks the key up, as the first thing in every transaction.
async fn head(tx: &mut Tx<'_>, call: &Call) -> Result<Head, Refusal> {
    let account = store::balance::lock(tx, call.user, call.keyed.as_ref()).await;
    let mut account = account.map_err(|failure| waited_too_long(call, failure))?;
    match (account.stored.take(), &call.keyed) {
        (Some(stored), Some(keyed)) => stored.replay(keyed).map(Head::Known),
        _ => Ok(Head::Fresh(account)),
    }
}

/// A transaction with its head behind it.
enum Begun<'c, T> {
    /// The account is locked, if the caller has one; the rest was asked after that.
    Fresh(Tx<'c>, Option<Account>, T),
    Known(Answer),
}

/// Begins, and asks a question under the caller's lock, all in one round trip.
async fn begin<'c, T: 'static>(
    connection: &'c mut Pooled,
    call: &Call,
    question: Question<T>,
) -> Result<Begun<'c, T>, Refusal> {
    let head = store::balance::locked(call.user, call.keyed.as_ref());
    let begun = head.and(question).ask_beginning(connection).await;
    let (tx, (mut account, found)) = begun.map_err(|failure| waited_too_long(call, failure))?;
    let stored = account.as_mut().and_then(|account| account.stored.take());
    match (stored, &call.keyed) {
        (Some(stored), Some(keyed)) => stored.replay(keyed).map(Begun::Known),
        _ => Ok(Begun::Fresh(tx, account, found)),
    }
}

/// Who has a key and could not have the lock on their own account most likely waited for the first
/// call with that key.
fn waited_too_long(call: &Call, failure: Failure) -> Refusal {
    match failure {
        Failure::LockWait(_) if call.keyed.is_some() => Refusal::KeyInProgress,
        failure => failure.into(),
    }
}

/// The tail of a transaction: keeps the answer under the key, as the last thing before the commit.
async fn keep(
    tx: &mut Tx<'_>,
    call: &Call,
    account: &Account,
    answer: &Answer,
) -> Result<(), Refusal> {
    if let Some(key) = kept(call, account, answer) {
        key.run(tx).await?;
    }
    Ok(())
}

/// The same as a statement, when there is a key.
fn kept(call: &Call, account: &Account, answer: &Answer) -> Option<Statement> {
    let new = call.to_keep(answer);
    store::key::insert(new.as_slice(), account.now)
}

/// Ends a call that a plain read has refused. Its key is looked up only now, after that read: what
/// refuses the call may be its own earlier success. The caller must hold no connection meanwhile.
async fn refuse(office: &Office, call: &Call, refusal: Refusal) -> Result<Answer, Refusal> {
    let Some(keyed) = &call.keyed else {
        return Err(refusal);
    };
    let stored = office.looks.key(&office.database, call.user, keyed);
    match stored.await? {
        Some(stored) => stored.replay(keyed),
        None => Err(refusal),
    }
}
