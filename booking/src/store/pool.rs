//! Connections to the database: how many, how long they may take, and how each session is set.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::{Connection as _, Executor, MySql, MySqlPool};

use super::Failure;
use crate::settings::DatabaseSettings;

/// How long a request waits for a free connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
/// A connection that has idled for longer is asked whether it lives before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// How long a returned connection may take to roll back what was left open on it. Longer than the
/// lock wait, since a statement that nobody listens to any more may still be waiting.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(4);

/// How every session is set, whatever the server's own defaults are. The lock wait is in seconds.
pub(super) const SESSION: &str = "\
SET NAMES utf8mb4 COLLATE utf8mb4_bin;
SET time_zone = '+00:00', innodb_lock_wait_timeout = 2,
    sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// A connection, lent by the pool or inside a [`Tx`].
pub type Connection = sqlx::MySqlConnection;
/// A connection that goes back to the pool when it is dropped.
pub type Pooled = sqlx::pool::PoolConnection<MySql>;
/// An open transaction. Dropped without [`commit`], it is rolled back.
pub type Tx<'c> = sqlx::Transaction<'c, MySql>;

/// Where the database is and who we are there. Never shown.
#[derive(Clone)]
pub struct DatabaseUrl(MySqlConnectOptions);

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.starts_with("mysql://") && !text.starts_with("mariadb://") {
            return Err("must begin with mysql://");
        }
        let options = MySqlConnectOptions::from_str(text)
            .map_err(|_| "must be mysql://user:password@host:port/name")?;
        if options.get_database().is_none() {
            return Err("must end with the name of a database: mysql://user@host:port/name");
        }
        // What sqlx would set by itself is set in SESSION, so that all of it stands in one place.
        let options = options
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone(None)
            .set_names(false);
        Ok(Self(options))
    }
}

impl DatabaseUrl {
    /// For a connection of its own, outside the pool.
    pub(super) const fn options(&self) -> &MySqlConnectOptions {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

/// The pool, and when the database last answered anybody. Clones share both.
#[derive(Debug, Clone)]
pub struct Database {
    pool: MySqlPool,
    pulse: Pulse,
}

impl Database {
    /// A pool that connects when it is first asked: booking starts, and says that it is not ready,
    /// while its database is away. Needs a running tokio runtime.
    #[must_use]
    pub fn new(settings: &DatabaseSettings) -> Self {
        let pulse = Pulse::default();
        let pool = pool(settings, &pulse);
        Self { pool, pulse }
    }

    /// A connection, within [`ACQUIRE_TIMEOUT`].
    ///
    /// # Errors
    /// [`Failure::PoolBusy`] when all are taken, [`Failure::Down`] when the database is away.
    pub async fn connection(&self) -> Result<Pooled, Failure> {
        let began = self.pulse.now();
        match self.pool.acquire().await {
            Ok(connection) => Ok(connection),
            // A full pool and a database that is away look alike to who waits. Whether the
            // database has answered anyone in the meantime tells them apart.
            Err(sqlx::Error::PoolTimedOut) if self.pulse.last() < began => {
                Err(Failure::Down(sqlx::Error::PoolTimedOut))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The pool itself, for commands that do their own work on it.
    #[must_use]
    pub const fn pool(&self) -> &MySqlPool {
        &self.pool
    }

    /// Closes all connections, once what is lent has come back.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A pool with every bound and session setting of [`Database`]. Needs a running tokio runtime.
#[must_use]
pub fn connect(settings: &DatabaseSettings) -> MySqlPool {
    Database::new(settings).pool
}

/// Begins a transaction; the end is [`commit`], or the drop of the [`Tx`], which rolls back.
///
/// # Errors
/// When the connection is broken.
pub async fn begin(connection: &mut Connection) -> Result<Tx<'_>, Failure> {
    Ok(connection.begin().await?)
}

/// Commits. On an error nobody knows whether it was: the answer must not claim either.
///
/// # Errors
/// When the connection broke, or `InnoDB` rolled back instead.
pub async fn commit(tx: Tx<'_>) -> Result<(), Failure> {
    Ok(tx.commit().await?)
}

fn pool(settings: &DatabaseSettings, pulse: &Pulse) -> MySqlPool {
    let (connected, returned) = (pulse.clone(), pulse.clone());
    MySqlPoolOptions::new()
        .max_connections(settings.connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |connection, _| {
            let pulse = connected.clone();
            Box::pin(async move {
                connection.execute(SESSION).await?;
                pulse.beat();
                Ok(())
            })
        })
        .after_release(move |connection, _| {
            let pulse = returned.clone();
            Box::pin(async move {
                roll_back_leftovers(connection).await?;
                pulse.beat();
                Ok(true)
            })
        })
        .connect_lazy_with(settings.url.0.clone())
}

/// A future that was dropped in the middle of BEGIN may have left a transaction open that sqlx
/// knows nothing of. The next user of the connection must not inherit its locks.
async fn roll_back_leftovers(connection: &mut Connection) -> Result<(), sqlx::Error> {
    if shared::sabotage::is_off("pool-rollback") {
        return Ok(());
    }
    tokio::time::timeout(ROLLBACK_TIMEOUT, connection.execute("ROLLBACK"))
        .await
        .map_err(|_| sqlx::Error::Protocol("no answer to ROLLBACK".to_owned()))?
        .map(drop)
}

/// When the database last answered, in milliseconds since this process first asked.
#[derive(Debug, Clone)]
struct Pulse {
    origin: Instant,
    last_ms: Arc<AtomicU64>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
            last_ms: Arc::default(),
        }
    }
}

impl Pulse {
    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn beat(&self) {
        self.last_ms.store(self.now(), Ordering::Relaxed);
    }

    fn last(&self) -> u64 {
        self.last_ms.load(Ordering::Relaxed)
    }
}
