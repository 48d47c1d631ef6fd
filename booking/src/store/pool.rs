//! Connections to the database: how many, how long they may take, and how each session is set.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::managed::{Metrics, Pool, PoolError, QueueMode, RecycleResult};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use super::{Connection, Failure, Pooled, count};
use crate::settings::DatabaseSettings;

/// How long a request waits for a free connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
/// A connection that has idled for longer is asked whether it lives before it is used.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// How every session is set, whatever the server's own defaults are. The lock wait is in seconds.
pub(super) const SESSION: &str = "\
SET NAMES utf8mb4 COLLATE utf8mb4_bin;
SET time_zone = '+00:00', innodb_lock_wait_timeout = 2,
    sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

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
            .set_names(false)
            // Statements carry keys and answers, which no log may have.
            .disable_statement_logging();
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
#[derive(Clone)]
pub struct Database {
    pool: Pool<Manager>,
    pulse: Pulse,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("pool", &self.pool.status())
            .finish_non_exhaustive()
    }
}

impl Database {
    /// A pool that connects when it is first asked: booking starts, and says that it is not ready,
    /// while its database is away. Needs a running tokio runtime.
    ///
    /// # Panics
    /// Never: only a pool with timeouts of its own needs to be told of a runtime.
    #[must_use]
    pub fn new(settings: &DatabaseSettings) -> Self {
        let pulse = Pulse::default();
        let manager = Manager {
            options: settings.url.0.clone(),
            pulse: pulse.clone(),
        };
        let pool = Pool::builder(manager)
            .max_size(count(u64::from(settings.connections)))
            // Few busy connections are better than many that each have forgotten their caches.
            .queue_mode(QueueMode::Lifo)
            .build();
        let pool = pool.expect("a pool without timeouts of its own");
        Self { pool, pulse }
    }

    /// A connection, within [`ACQUIRE_TIMEOUT`].
    ///
    /// # Errors
    /// [`Failure::PoolBusy`] when all are taken, [`Failure::Down`] when the database is away.
    pub async fn connection(&self) -> Result<Pooled, Failure> {
        let began = self.pulse.now();
        match tokio::time::timeout(ACQUIRE_TIMEOUT, self.pool.get()).await {
            Ok(Ok(lent)) => Ok(Pooled::new(lent, self.pulse.clone())),
            Ok(Err(PoolError::Backend(error))) => Err(error.into()),
            Ok(Err(_)) => Err(Failure::Down(sqlx::Error::PoolClosed)),
            // A full pool and a database that is away look alike to who waits. Whether the
            // database has answered anyone in the meantime tells them apart.
            Err(_) if self.pulse.last() < began => Err(Failure::Down(sqlx::Error::PoolTimedOut)),
            Err(_) => Err(Failure::PoolBusy),
        }
    }

    /// Says goodbye on all connections. What is still lent is closed when it comes back.
    pub async fn close(&self) {
        let idle = self.pool.retain(|_, _| false).removed;
        self.pool.close();
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "a connection was gone already");
            }
        }
    }
}

/// How the pool makes a connection, and what it asks one that has idled.
pub(super) struct Manager {
    options: MySqlConnectOptions,
    pulse: Pulse,
}

impl deadpool::managed::Manager for Manager {
    type Type = Connection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Connection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        connection.execute(SESSION).await?;
        self.pulse.beat();
        Ok(connection)
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        metrics: &Metrics,
    ) -> RecycleResult<sqlx::Error> {
        if metrics.last_used() > TRUSTED_IDLE {
            connection.ping().await?;
        }
        Ok(())
    }
}

/// When the database last answered, in milliseconds since this process first asked.
#[derive(Debug, Clone)]
pub(super) struct Pulse {
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

    pub(super) fn beat(&self) {
        self.last_ms.store(self.now(), Ordering::Relaxed);
    }

    fn last(&self) -> u64 {
        self.last_ms.load(Ordering::Relaxed)
    }
}
