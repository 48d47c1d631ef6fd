//! Lent connections and the transactions on them: nothing goes back into the pool with a
//! transaction open.
//!
//! A connection that has just committed, or was put back by who had read all answers, is clean and
//! goes back at once. Any other one was left in the middle of something, by an error or because its
//! future was dropped: it goes back only after a ROLLBACK, or not at all.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool::managed::Object;
use shared::sabotage;
use sqlx::{Connection as _, Executor as _};
use tokio::runtime::Handle;

use super::pool::{Manager, Pulse};
use super::{Connection, Failure};

/// How long a returned connection may take to roll back what was left open on it. Longer than the
/// lock wait, since a statement that nobody listens to any more may still be waiting.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(4);

pub(super) const BEGIN: &str = "START TRANSACTION";
pub(super) const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";

/// A connection that goes back to the pool when it is dropped.
pub struct Pooled {
    lent: Option<Object<Manager>>,
    pulse: Pulse,
    /// Whether the server may have a transaction open on it. Said before it is, so that no drop in
    /// between can be missed.
    is_open: bool,
    /// Whether everything that was asked on it has been answered in full.
    is_read: bool,
}

impl Pooled {
    pub(super) const fn new(lent: Object<Manager>, pulse: Pulse) -> Self {
        Self {
            lent: Some(lent),
            pulse,
            is_open: false,
            is_read: true,
        }
    }

    /// Puts it back without a question to the server. For who has read the answers to all that was
    /// asked: a future that was dropped half-way never comes here.
    pub fn put_back(mut self) {
        self.is_read = true;
        self.pulse.beat();
    }

    fn is_clean(&self) -> bool {
        (self.is_read && !self.is_open) || sabotage::is_off("pool-rollback")
    }
}

impl Deref for Pooled {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.lent.as_deref().expect("lent until it is dropped")
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Connection {
        self.is_read = false;
        self.lent.as_deref_mut().expect("lent until it is dropped")
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pooled")
            .field("is_open", &self.is_open)
            .finish_non_exhaustive()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let is_clean = self.is_clean();
        let Some(lent) = self.lent.take().filter(|_| !is_clean) else {
            return;
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(clean(lent, self.pulse.clone()))),
            // Without a runtime nobody can ask the server: let it see the end of the connection.
            Err(_) => drop(Object::take(lent)),
        }
    }
}

/// The next user of the connection must not inherit its locks, nor an answer that was never read:
/// it goes back when it has rolled back and answers properly, and is closed otherwise.
async fn clean(mut lent: Object<Manager>, pulse: Pulse) {
    let answer = tokio::time::timeout(ROLLBACK_TIMEOUT, async {
        lent.execute(ROLLBACK).await?;
        lent.ping().await
    });
    match answer.await {
        Ok(Ok(())) => pulse.beat(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "a connection could not be rolled back and is closed");
            drop(Object::take(lent));
        }
        Err(_) => {
            tracing::warn!("a connection did not roll back in time and is closed");
            drop(Object::take(lent));
        }
    }
}

/// An open transaction. Dropped without [`commit`], it is rolled back when its connection goes back
/// to the pool.
#[derive(Debug)]
pub struct Tx<'c>(&'c mut Pooled);

impl<'c> Tx<'c> {
    /// A transaction whose first statement is about to be sent.
    pub(super) async fn opening(connection: &'c mut Pooled) -> Result<Self, Failure> {
        // A second BEGIN would commit what the first one left.
        if connection.is_open {
            connection.execute(ROLLBACK).await?;
        }
        connection.is_open = true;
        Ok(Self(connection))
    }

    /// The server has said that it is committed, or rolled back.
    pub(super) fn end(self) {
        self.0.is_open = false;
        self.0.is_read = true;
        self.0.pulse.beat();
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.0
    }
}

/// Begins a transaction; the end is [`commit`], or the drop of the [`Tx`].
///
/// # Errors
/// When the connection is broken.
pub async fn begin(connection: &mut Pooled) -> Result<Tx<'_>, Failure> {
    let mut tx = Tx::opening(connection).await?;
    tx.execute(BEGIN).await?;
    Ok(tx)
}

/// Commits. On an error nobody knows whether it was: the answer must not claim either.
///
/// # Errors
/// When the connection broke, or `InnoDB` rolled back instead.
pub async fn commit(mut tx: Tx<'_>) -> Result<(), Failure> {
    tx.execute(COMMIT).await?;
    tx.end();
    Ok(())
}

/// Rolls back, and waits for it: the next transaction must not find its locks.
///
/// # Errors
/// When the connection broke; its end rolls back as well.
pub async fn roll_back(mut tx: Tx<'_>) -> Result<(), Failure> {
    tx.execute(ROLLBACK).await?;
    tx.end();
    Ok(())
}
