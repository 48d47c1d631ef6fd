//! A database of its own for each test: created, migrated and filled at the start, dropped at the
//! end, also when the test fails.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use booking::actions::audit::{Report, audit};
use booking::actions::import::import;
use booking::actions::migrate::migrate;
use booking::store::pool::DatabaseUrl;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlConnection, MySqlPool};

use super::HALL;

const TABLES: [&str; 10] = [
    "users",
    "balances",
    "concerts",
    "concert_dates",
    "reservations",
    "seats",
    "reservation_seats",
    "payments",
    "balance_history",
    "idempotency_keys",
];

/// A database that nobody else uses.
pub(crate) struct TestDatabase {
    name: String,
    url: String,
    pool: MySqlPool,
}

impl TestDatabase {
    /// A new one with the small house in it.
    pub(crate) async fn with_hall() -> Self {
        let database = Self::migrated().await;
        database
            .import(&HALL, false)
            .await
            .expect("the small house");
        database
    }

    /// A new one with tables and nothing in them.
    pub(crate) async fn migrated() -> Self {
        let database = Self::missing();
        migrate(&database.url()).await.expect("a migration");
        database
    }

    /// The name of one that does not exist yet.
    pub(crate) fn missing() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(
            "it_{}_{count}_{:08x}",
            std::process::id(),
            rand::random::<u32>()
        );
        let url = server_url(&name);
        let options: MySqlConnectOptions = url.parse().expect("DATABASE_URL");
        let pool = MySqlPoolOptions::new()
            .max_connections(8)
            .connect_lazy_with(options);
        Self { name, url, pool }
    }

    /// Where it is, as booking takes it.
    pub(crate) fn url(&self) -> DatabaseUrl {
        self.url.parse().expect("DATABASE_URL")
    }

    /// Where it is, as text for another process.
    pub(crate) fn url_text(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Imports a file.
    pub(crate) async fn import(&self, csv: &str, update: bool) -> Result<String, String> {
        let done = import(&self.url(), csv.as_bytes(), update, |_, _| {}).await;
        done.map(|done| done.to_string())
            .map_err(|error| error.to_string())
    }

    /// Runs statements.
    pub(crate) async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql)
            .execute(&self.pool)
            .await
            .expect("a statement of the test");
    }

    /// Runs a statement outside any database, so that it may create one.
    pub(crate) async fn run_on_server(&self, sql: &str) {
        let connection = MySqlConnection::connect(&server_url("information_schema")).await;
        let mut connection = connection.expect("the server");
        self.run_on(&mut connection, sql).await;
    }

    /// Runs a statement that the server has to refuse, and answers the server's error number.
    pub(crate) async fn refused(&self, sql: &str) -> u16 {
        let sql = AssertSqlSafe(sql.to_owned());
        let error = sqlx::raw_sql(sql).execute(&self.pool).await;
        let error = error.expect_err("the server accepted what it must refuse");
        let error = error.as_database_error().expect("an error of the server");
        error
            .downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
            .number()
    }

    /// The one number that a query answers.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT CAST(({sql}) AS SIGNED)"));
        let number: Option<i64> = sqlx::query_scalar(sql)
            .fetch_one(&self.pool)
            .await
            .expect("a query of the test");
        number.unwrap_or_default()
    }

    /// The texts of the first column that a query answers.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::query_scalar(sql)
            .fetch_all(&self.pool)
            .await
            .expect("a query of the test")
    }

    /// A sum over every row of every table: equal when nothing was changed.
    pub(crate) async fn picture(&self) -> Vec<(String, i64)> {
        let tables = TABLES.join(", ");
        let sql = AssertSqlSafe(format!("CHECKSUM TABLE {tables} EXTENDED"));
        let rows: Vec<(String, Option<i64>)> = sqlx::query_as(sql)
            .fetch_all(&self.pool)
            .await
            .expect("a checksum");
        let rows = rows.into_iter();
        rows.map(|(table, sum)| (table, sum.unwrap_or_default()))
            .collect()
    }

    /// The pool of the test's own connections.
    pub(super) const fn pool(&self) -> &MySqlPool {
        &self.pool
    }

    /// Runs statements on a connection of booking's own pool.
    pub(crate) async fn run_on(&self, connection: &mut MySqlConnection, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        let done = sqlx::raw_sql(sql).execute(connection).await;
        done.expect("a statement of the test");
    }

    /// The one number that a query answers on a connection of booking's own pool.
    pub(crate) async fn number_on(&self, connection: &mut MySqlConnection, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        let number = sqlx::query_scalar(sql).fetch_one(connection).await;
        number.expect("a query of the test")
    }

    /// Keeps a copy of every table, and takes the constraints off that would refuse what an audit
    /// has to find.
    pub(crate) async fn remember_without_constraints(&self) {
        for table in TABLES {
            self.run(&format!(
                "CREATE TABLE old_{table} AS SELECT * FROM {table}"
            ))
            .await;
        }
        self.run(
            "ALTER TABLE reservation_seats DROP INDEX seat_sold_once;
             ALTER TABLE payments DROP INDEX one_payment_a_reservation;
             ALTER TABLE balance_history DROP INDEX ledger_entry_once",
        )
        .await;
    }

    /// Puts every table back as it was remembered.
    pub(crate) async fn restore(&self) {
        let mut sql = "SET FOREIGN_KEY_CHECKS = 0;".to_owned();
        for table in TABLES {
            let fill =
                format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM old_{table};");
            sql.push_str(&fill);
        }
        self.run(&format!("{sql} SET FOREIGN_KEY_CHECKS = 1")).await;
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> SocketAddr {
        let options: MySqlConnectOptions = self.url.parse().expect("DATABASE_URL");
        let address = (options.get_host(), options.get_port());
        let mut found = address.to_socket_addrs().expect("the server's address");
        found.next().expect("an address")
    }

    /// Where it is for who goes through another address.
    pub(crate) fn url_at(&self, address: SocketAddr) -> DatabaseUrl {
        let (head, rest) = self.url.split_once("://").expect("a URL");
        let (server, path) = rest.split_once('/').expect("a URL with a database");
        let user = server.rsplit_once('@').map_or("", |(user, _)| user);
        let at = if user.is_empty() { "" } else { "@" };
        let url = format!("{head}://{user}{at}{address}/{path}");
        url.parse().expect("DATABASE_URL")
    }

    /// Lets every hold end this long from now, in both rows, as if it had been made earlier.
    pub(crate) async fn end_holds_in(&self, time: Duration) {
        self.set_end_of_holds(i64::try_from(time.as_micros()).expect("a short time"))
            .await;
    }

    /// Lets every hold have ended a second ago.
    pub(crate) async fn lapse_holds(&self) {
        self.set_end_of_holds(-1_000_000).await;
    }

    async fn set_end_of_holds(&self, micros: i64) {
        self.run(&format!(
            "SET @end = UTC_TIMESTAMP(6) + INTERVAL {micros} MICROSECOND;
             START TRANSACTION;
             UPDATE seats SET hold_expires_at = @end WHERE status = 'held';
             UPDATE reservations SET expires_at = @end WHERE status = 'reserved';
             COMMIT"
        ))
        .await;
    }

    /// Lets the hold of one seat end this long from now, in both rows.
    pub(crate) async fn end_hold_in(&self, seat: u64, time: Duration) {
        let micros = time.as_micros();
        self.run(&format!(
            "SET @end = UTC_TIMESTAMP(6) + INTERVAL {micros} MICROSECOND;
             START TRANSACTION;
             UPDATE seats SET hold_expires_at = @end WHERE id = {seat};
             UPDATE reservations SET expires_at = @end
              WHERE id = (SELECT reservation_id FROM seats WHERE id = {seat});
             COMMIT"
        ))
        .await;
    }

    /// What `booking audit` says.
    pub(crate) async fn audit(&self) -> Report {
        audit(&self.url()).await.expect("an audit")
    }

    /// Fails with the list when `booking audit` finds anything.
    pub(crate) async fn assert_clean(&self) {
        let report = self.audit().await;
        assert!(report.is_clean(), "{report}");
    }
}

impl Drop for TestDatabase {
    /// On a thread and a runtime of its own, since a drop cannot wait and a failed test is already
    /// on its way out.
    fn drop(&mut self) {
        let name = self.name.clone();
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime
                .block_on(drop_database(&name))
                .map_err(std::io::Error::other)
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("the database {} may be left behind", self.name);
        }
    }
}

/// Whoever still uses it is cut off first: an open transaction would hold the drop up.
async fn drop_database(name: &str) -> sqlx::Result<()> {
    let mut connection = MySqlConnection::connect(&server_url("information_schema")).await?;
    // MySQL's list of connections shows statements, and in a strict mode stumbles over binary ones.
    connection.execute("SET sql_mode = ''").await?;
    let users: Vec<i64> = sqlx::query_scalar(
        "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = ?",
    )
    .bind(name)
    .fetch_all(&mut connection)
    .await?;
    for user in users {
        // It may be gone already.
        let kill = AssertSqlSafe(format!("KILL {user}"));
        drop(sqlx::raw_sql(kill).execute(&mut connection).await);
    }
    let sql = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"));
    sqlx::raw_sql(sql).execute(&mut connection).await.map(drop)
}

/// `DATABASE_URL` with another database's name.
fn server_url(name: &str) -> String {
    let url = std::env::var("DATABASE_URL").unwrap_or_default();
    assert!(
        !url.is_empty(),
        "these tests need a MariaDB or MySQL of their own: run scripts/test, or set DATABASE_URL \
         to mysql://user:password@host:port/any for a user who may create databases"
    );
    let (server, rest) = url.rsplit_once('/').expect("DATABASE_URL names a database");
    let options = rest.split_once('?').map_or("", |(_, options)| options);
    format!("{server}/{name}?{options}")
}
