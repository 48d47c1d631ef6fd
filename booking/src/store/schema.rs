//! The schema: its version, the migrations that bring it there, and the operator's connection.
//!
//! Serving never migrates. sqlx's own lock around migrations does nothing on `MariaDB` (an endless
//! `GET_LOCK` returns NULL there at once), so it is off and [`lock`] stands in its place.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor, MySql, Transaction};

use super::pool::{DatabaseUrl, SESSION};
use super::{Connection, Failure};

/// The server's number for "unknown database".
const UNKNOWN_DATABASE: u16 = 1049;
/// The server's number for "no such table": nothing has been migrated yet.
const NO_SUCH_TABLE: u16 = 1146;

/// A migration that has just been applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// Its name, as the file says it.
    pub description: String,
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!();
    migrator.set_locking(false);
    migrator
}

/// The version that this program is written for.
#[must_use]
pub fn expected() -> i64 {
    let migrator = migrator();
    let versions = migrator.iter().map(|migration| migration.version);
    versions.max().unwrap_or_default()
}

/// The version that the database is on: 0 before the first migration, and while one that failed
/// half-way stands in the way.
///
/// # Errors
/// When the database does not answer.
pub async fn version<'c>(database: impl Executor<'c, Database = MySql>) -> Result<i64, Failure> {
    let found: Result<Option<i64>, _> = sqlx::query_scalar(
        "SELECT CAST(IF(MIN(success), MAX(version), 0) AS SIGNED) FROM _sqlx_migrations",
    )
    .fetch_one(database)
    .await;
    match found {
        Ok(version) => Ok(version.unwrap_or_default()),
        Err(error) if number(&error) == Some(NO_SUCH_TABLE) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Connects for an operator's command, outside the pool that serves. It may wait longer for a lock
/// than a fan's request, and still not for ever.
///
/// # Errors
/// When the server or the database is not there.
pub async fn connect(url: &DatabaseUrl) -> Result<Connection, Failure> {
    let mut connection = url.options().connect().await?;
    connection.execute(SESSION).await?;
    connection
        .execute("SET SESSION innodb_lock_wait_timeout = 10, lock_wait_timeout = 10")
        .await?;
    Ok(connection)
}

/// Begins a transaction on an operator's connection. Dropped without [`commit`], it is rolled back.
///
/// # Errors
/// When the connection is broken.
pub async fn begin(on: &mut Connection) -> Result<Transaction<'_, MySql>, Failure> {
    Ok(on.begin().await?)
}

/// Commits.
///
/// # Errors
/// When the connection broke, or `InnoDB` rolled back instead.
pub async fn commit(transaction: Transaction<'_, MySql>) -> Result<(), Failure> {
    Ok(transaction.commit().await?)
}

/// Creates the database that the URL names when it is missing. Answers whether it did.
///
/// # Errors
/// When the server is not there, or this account may not create databases.
pub async fn create_if_missing(url: &DatabaseUrl) -> Result<bool, Failure> {
    match url.options().connect().await {
        Ok(connection) => {
            connection.close().await?;
            return Ok(false);
        }
        Err(error) if number(&error) == Some(UNKNOWN_DATABASE) => {}
        Err(error) => return Err(error.into()),
    }
    // One has to be somewhere to create another, and this one is always there.
    let somewhere = url.options().clone().database("information_schema");
    let name = url.options().get_database().unwrap_or_default();
    let create = format!(
        "CREATE DATABASE IF NOT EXISTS `{}`",
        name.replace('`', "``")
    );
    let mut connection = somewhere.connect().await?;
    connection.execute(AssertSqlSafe(create)).await?;
    connection.close().await?;
    Ok(true)
}

/// Takes the named lock of this database, which the connection keeps until [`unlock`] or its end.
/// Answers `false` when another holds it for longer than `wait`. With the digest of the database's
/// name, `name` has at most 8 characters.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(on: &mut Connection, name: &str, wait: Duration) -> Result<bool, Failure> {
    let taken: Option<i64> =
        sqlx::query_scalar("SELECT CAST(GET_LOCK(CONCAT(?, SHA2(DATABASE(), 224)), ?) AS SIGNED)")
            .bind(name)
            .bind(wait.as_secs())
            .fetch_one(on)
            .await?;
    Ok(taken == Some(1))
}

/// Gives the named lock of this database back.
///
/// # Errors
/// When the database does not answer.
pub async fn unlock(on: &mut Connection, name: &str) -> Result<(), Failure> {
    sqlx::query("DO RELEASE_LOCK(CONCAT(?, SHA2(DATABASE(), 224)))")
        .bind(name)
        .execute(on)
        .await?;
    Ok(())
}

/// Applies what is missing, and answers what that was. The caller holds the lock.
///
/// # Errors
/// When a migration fails, or one that was applied has changed since.
pub async fn migrate(on: &mut Connection) -> Result<Vec<Applied>, MigrateError> {
    let before = applied(on).await?;
    let migrator = migrator();
    migrator.run_direct(None, on, false).await?;
    let new = migrator
        .iter()
        .filter(|migration| !before.contains(&migration.version));
    let new = new.map(|migration| Applied {
        version: migration.version,
        description: migration.description.to_string(),
    });
    Ok(new.collect())
}

async fn applied(on: &mut Connection) -> Result<BTreeSet<i64>, sqlx::Error> {
    let versions = sqlx::query_scalar("SELECT version FROM _sqlx_migrations")
        .fetch_all(on)
        .await;
    match versions {
        Ok(versions) => Ok(versions.into_iter().collect()),
        Err(error) if number(&error) == Some(NO_SUCH_TABLE) => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

/// The server's own number of an error, when it came from the server.
fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?;
    Some(error.try_downcast_ref::<MySqlDatabaseError>()?.number())
}
