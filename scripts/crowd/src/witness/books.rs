//! Reads the tables of a sale, and makes and drops the databases of runs.

use std::collections::HashMap;
use std::hash::Hash;

use anyhow::Context as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection as _};
use uuid::Uuid;

use crate::history::Reserved;
use crate::history::books::{Books, LedgerEntry, Payment};

/// Reads everything that a sale writes. The sale has to be over: these are many moments, not one.
///
/// # Errors
/// When the database does not answer, or holds what it must not, like a negative balance.
pub async fn read(url: &str) -> anyhow::Result<Books> {
    let options: MySqlConnectOptions = url.parse().context("DATABASE_URL")?;
    let mut on = MySqlConnection::connect_with(&options).await?;
    Ok(Books {
        reservations: reservations(&mut on).await?,
        sold: sold(&mut on).await?,
        payments: payments(&mut on).await?,
        ledger: ledger(&mut on).await?,
        balances: balances(&mut on).await?,
        acknowledged: acknowledged(&mut on).await?,
    })
}

async fn reservations(on: &mut MySqlConnection) -> anyhow::Result<Vec<(u64, Reserved)>> {
    let seats: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT reservation_id, seat_id FROM reservation_seats ORDER BY seat_id")
            .fetch_all(&mut *on)
            .await?;
    let mut seats = grouped(seats);
    let rows: Vec<(Uuid, i64, String, i64)> =
        sqlx::query_as("SELECT id, user_id, status, amount FROM reservations")
            .fetch_all(on)
            .await?;
    let reservations = rows.into_iter().map(|(reservation, user, status, amount)| {
        let seats = seats.remove(&reservation).unwrap_or_default();
        let reserved = Reserved {
            reservation,
            status,
            seats: seats.into_iter().map(i64::unsigned_abs).collect(),
            amount: u64::try_from(amount)?,
        };
        Ok((u64::try_from(user)?, reserved))
    });
    reservations.collect()
}

async fn sold(on: &mut MySqlConnection) -> anyhow::Result<Vec<(u64, Uuid)>> {
    let rows: Vec<(i64, Uuid)> =
        sqlx::query_as("SELECT id, reservation_id FROM seats WHERE status = 'sold'")
            .fetch_all(on)
            .await?;
    let sold = rows
        .into_iter()
        .map(|(seat, own)| Ok((u64::try_from(seat)?, own)));
    sold.collect()
}

async fn payments(on: &mut MySqlConnection) -> anyhow::Result<Vec<Payment>> {
    let rows: Vec<(i64, Uuid, i64)> = sqlx::query_as(
        "SELECT user_id, reservation_id, amount FROM payments WHERE refunded_at IS NULL",
    )
    .fetch_all(on)
    .await?;
    let payments = rows.into_iter().map(|(user, reservation, amount)| {
        Ok(Payment {
            user: u64::try_from(user)?,
            reservation,
            amount: u64::try_from(amount)?,
        })
    });
    payments.collect()
}

async fn ledger(on: &mut MySqlConnection) -> anyhow::Result<Vec<LedgerEntry>> {
    let rows: Vec<(i64, String, i64)> =
        sqlx::query_as("SELECT user_id, kind, amount FROM balance_history ORDER BY id")
            .fetch_all(on)
            .await?;
    let ledger = rows.into_iter().map(|(user, kind, amount)| {
        Ok(LedgerEntry {
            user: u64::try_from(user)?,
            kind,
            amount: u64::try_from(amount)?,
        })
    });
    ledger.collect()
}

async fn balances(on: &mut MySqlConnection) -> anyhow::Result<HashMap<u64, u64>> {
    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT user_id, balance FROM balances")
        .fetch_all(on)
        .await?;
    let balances = rows
        .into_iter()
        .map(|(user, won)| Ok((u64::try_from(user)?, u64::try_from(won)?)));
    balances.collect()
}

async fn acknowledged(on: &mut MySqlConnection) -> anyhow::Result<HashMap<(u64, String), Vec<u8>>> {
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT user_id, idem_key, body FROM idempotency_keys")
            .fetch_all(on)
            .await?;
    let acknowledged = rows
        .into_iter()
        .map(|(user, key, body)| Ok(((u64::try_from(user)?, String::from_utf8(key)?), body)));
    acknowledged.collect()
}

fn grouped<K: Eq + Hash, V>(pairs: Vec<(K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

/// Asks whether the server lets us in; the database need not be there yet.
///
/// # Errors
/// When it does not.
pub async fn ping(url: &str) -> anyhow::Result<()> {
    let (server, _) = url.rsplit_once('/').context("DATABASE_URL has a path")?;
    let options: MySqlConnectOptions = server.parse().context("DATABASE_URL")?;
    MySqlConnection::connect_with(&options)
        .await?
        .ping()
        .await?;
    Ok(())
}

/// Drops the database that the URL names.
///
/// # Errors
/// When the server does not answer, or does not let us.
pub async fn drop_database(url: &str) -> anyhow::Result<()> {
    let options: MySqlConnectOptions = url.parse().context("DATABASE_URL")?;
    let name = options
        .get_database()
        .context("DATABASE_URL names no database")?;
    let statement = format!("DROP DATABASE IF EXISTS `{name}`");
    let mut on = MySqlConnection::connect_with(&options).await?;
    sqlx::query(AssertSqlSafe(statement))
        .execute(&mut on)
        .await?;
    Ok(())
}
