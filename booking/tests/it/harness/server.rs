//! What the server tells of a test's database beside its rows: locks, transactions, plans.

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, MySql, Row as _, Transaction};

use super::{TestDatabase, eventually};

/// Rows that the test keeps locked until it is dropped or [`Lock::free`]d.
pub(crate) struct Lock(Transaction<'static, MySql>);

impl Lock {
    /// Gives the rows free.
    pub(crate) async fn free(self) {
        self.0.rollback().await.expect("a rollback");
    }

    /// Gives the rows free as they were written under the lock.
    pub(crate) async fn keep(self) {
        self.0.commit().await.expect("a commit");
    }

    /// Runs one more statement under the same locks.
    pub(crate) async fn also(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql)
            .execute(&mut *self.0)
            .await
            .expect("a statement of the test");
    }
}

impl TestDatabase {
    /// Locks the rows that a query answers.
    pub(crate) async fn lock(&self, sql: &str) -> Lock {
        let transaction = self.pool().begin().await.expect("a transaction");
        let mut lock = Lock(transaction);
        lock.also(&format!("{sql} FOR UPDATE")).await;
        lock
    }

    /// Locks a user's balance, which every mutating call of that user asks for first.
    pub(crate) async fn lock_balance(&self, user: u64) -> Lock {
        self.lock(&format!("SELECT * FROM balances WHERE user_id = {user}"))
            .await
    }

    /// Waits until this many transactions wait for a lock.
    pub(crate) async fn await_lock_waits(&self, count: usize) {
        let waiting = async || {
            let open = self.open_transactions().await;
            open.iter()
                .filter(|one| one.contains("\nLOCK WAIT"))
                .count()
        };
        eventually("transactions wait for a lock", async || {
            waiting().await >= count
        })
        .await;
    }

    /// What the server tells of each open transaction in this database. Its status is read as text,
    /// since the table of transactions is not refreshed while somebody keeps reading it.
    pub(crate) async fn open_transactions(&self) -> Vec<String> {
        let mine = self.connections().await;
        let is_mine = |transaction: &&str| {
            let thread = transaction.split_once("thread id ");
            let thread = thread.and_then(|(_, rest)| rest.split_once(',')?.0.parse().ok());
            thread.is_some_and(|thread| mine.contains(&thread))
        };
        let status = self.server_status().await;
        let all = status.split("---TRANSACTION ").skip(1);
        let open = all.filter(|one| {
            one.lines()
                .next()
                .is_some_and(|head| head.contains("ACTIVE"))
        });
        open.filter(is_mine).map(str::to_owned).collect()
    }

    /// The connections that have this database. `MySQL`'s own list of them cannot be read
    /// while somebody's statement has bytes in it; `MariaDB` keeps the other one empty.
    async fn connections(&self) -> Vec<i64> {
        let lists = [
            "SELECT CAST(processlist_id AS SIGNED) FROM performance_schema.threads
              WHERE processlist_db = DATABASE()",
            "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = DATABASE()",
        ];
        for list in lists {
            let found = sqlx::query_scalar(list).fetch_all(self.pool()).await;
            let found: Vec<i64> = found.expect("the connections");
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    async fn server_status(&self) -> String {
        let status: Vec<(String, String, String)> = sqlx::query_as("SHOW ENGINE INNODB STATUS")
            .fetch_all(self.pool())
            .await
            .expect("the state of the server");
        status.into_iter().next().expect("the state of InnoDB").2
    }

    /// The isolation that a connection of booking's own pool works at. The variable has two names.
    pub(crate) async fn isolation(&self, connection: &mut MySqlConnection) -> String {
        let sql = "SHOW SESSION VARIABLES
                    WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')";
        let found: Vec<(String, String)> = sqlx::query_as(sql)
            .fetch_all(connection)
            .await
            .expect("a variable");
        found.into_iter().next().expect("one of both").1
    }

    /// By which index the server would find the rows of an UPDATE, and how many it would look at.
    pub(crate) async fn explain(&self, update: &str) -> (String, u64) {
        let mut sql = String::new();
        for (index, part) in update.split('?').enumerate() {
            if index > 0 {
                sql.push_str(&value(&sql, index));
            }
            sql.push_str(part);
        }
        let sql = format!("EXPLAIN FORMAT=TRADITIONAL {sql}");
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(self.pool()).await;
        let row = row.expect("an explanation");
        let key: Option<String> = row.try_get("key").expect("a column");
        // MariaDB answers it as text, MySQL as a number.
        let text = row.try_get("rows").map(|text: String| text.parse().ok());
        let rows = text.unwrap_or_else(|_| row.try_get("rows").ok());
        (key.unwrap_or_default(), rows.expect("a number of rows"))
    }

    /// Fails when the last deadlock of the server was in this database.
    pub(crate) async fn assert_no_deadlock(&self) {
        let status = self.server_status().await;
        let deadlock = status.split_once("LATEST DETECTED DEADLOCK");
        let deadlock = deadlock.map_or("", |(_, rest)| rest);
        let deadlock = deadlock
            .split("------------\nTRANSACTIONS")
            .next()
            .unwrap_or_default();
        assert!(!deadlock.contains(self.name()), "{deadlock}");
    }
}

/// A value for the next place of a statement, of the type of the column that stands before it: with
/// another type the server would not use the index.
fn value(sql: &str, number: usize) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let is_list = |word: &&&str| matches!(**word, "IN" | "=");
    let operator = words.iter().rev().find(is_list);
    let place = words
        .iter()
        .rposition(|word| Some(word) == operator)
        .unwrap_or_default();
    match (words[place - 1], words[1]) {
        ("hold_expires_at" | "paid_at" | "refunded_at", _) => "'2099-01-01'".to_owned(),
        ("id", "seats" | "id") | ("user_id", _) => number.to_string(),
        _ => format!("X'{number:032x}'"),
    }
}
