//! A corner of a real Redis for one test: a key prefix of its own, emptied at the end.
//!
//! Time is Redis's own and cannot be set; a test that needs it to pass moves scores instead.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, cmd};

/// The keys of a queue, as the operator knows them.
const PARTS: [&str; 11] = [
    "config",
    "ticket",
    "waiting",
    "active",
    "fan",
    "parked",
    "spent",
    "spent_old",
    "state",
    "seen",
    "log",
];
/// A loaded machine is no failed test.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whether the long form of a test was asked for.
pub(crate) fn is_deep() -> bool {
    std::env::var("STAGEDOOR_DEEP").is_ok_and(|value| value == "1")
}

/// What `scripts/test --seed` says, else a new one; told, so that a failed run can be repeated.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("STAGEDOOR_SEED").ok();
    let seed = given
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(rand::random);
    eprintln!("STAGEDOOR_SEED={seed}");
    seed
}

fn redis_url() -> String {
    std::env::var("REDIS_URL").expect(
        "REDIS_URL names the Redis that these tests need; scripts/test provides one and sets it",
    )
}

pub(crate) struct Sandbox {
    url: String,
    prefix: String,
    client: Client,
    connection: MultiplexedConnection,
}

impl Sandbox {
    pub(crate) async fn open() -> Self {
        let url = redis_url();
        let client = Client::open(url.as_str()).expect("REDIS_URL is the URL of a Redis");
        let patient = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connection = client.get_multiplexed_async_connection_with_config(&patient);
        Self {
            url,
            prefix: format!("it-{:016x}:", rand::random::<u64>()),
            connection: connection.await.expect("the Redis of REDIS_URL answers"),
            client,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// A key of the queue `main`.
    pub(crate) fn key(&self, part: &str) -> String {
        self.key_of("main", part)
    }

    pub(crate) fn key_of(&self, queue: &str, part: &str) -> String {
        format!("{}queue:{{{queue}}}:{part}", self.prefix)
    }

    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> T {
        let answer = command.query_async(&mut self.connection.clone()).await;
        answer.expect("Redis answers as the test expects")
    }

    async fn tell(&self, command: &Cmd) {
        self.ask::<()>(command).await;
    }

    /// What an operator does: `HSET queue:{main}:config field value ...`.
    pub(crate) async fn configure(&self, fields: &[(&str, &str)]) {
        let mut command = cmd("HSET");
        command.arg(self.key("config"));
        for (field, value) in fields {
            command.arg(field).arg(value);
        }
        self.tell(&command).await;
    }

    pub(crate) async fn field(&self, part: &str, field: &str) -> Option<String> {
        self.ask(cmd("HGET").arg(self.key(part)).arg(field)).await
    }

    /// The ticket of this fan that has ended, in whichever of the two generations: a purge may
    /// have moved it on already.
    pub(crate) async fn spent(&self, user: &str) -> Option<String> {
        let newer = self.field("spent", user).await;
        if newer.is_some() {
            return newer;
        }
        self.field("spent_old", user).await
    }

    pub(crate) async fn set_state(&self, field: &str, value: impl ToString) {
        let mut command = cmd("HSET");
        command
            .arg(self.key("state"))
            .arg(field)
            .arg(value.to_string());
        self.tell(&command).await;
    }

    /// A number of the state; 0 when it is not there.
    pub(crate) async fn state_number(&self, field: &str) -> u64 {
        let text = self.field("state", field).await;
        text.map_or(0, |text| text.parse().expect("a whole number"))
    }

    /// The record of a called fan: `ticket:claimed:misses`.
    pub(crate) async fn record(&self, user: u64) -> Option<String> {
        self.field("fan", &user.to_string()).await
    }

    pub(crate) async fn counter(&self) -> u64 {
        self.ask(cmd("GET").arg(self.key("ticket"))).await
    }

    pub(crate) async fn score(&self, set: &str, user: u64) -> Option<u64> {
        self.ask(cmd("ZSCORE").arg(self.key(set)).arg(user)).await
    }

    pub(crate) async fn set_score(&self, set: &str, user: u64, score: u64) {
        let mut command = cmd("ZADD");
        command.arg(self.key(set)).arg(score).arg(user);
        self.tell(&command).await;
    }

    pub(crate) async fn size(&self, set: &str) -> u64 {
        self.ask(cmd("ZCARD").arg(self.key(set))).await
    }

    pub(crate) async fn members(&self, set: &str) -> Vec<u64> {
        self.ask(cmd("ZRANGE").arg(self.key(set)).arg(0).arg(-1))
            .await
    }

    /// Redis's own clock, in ms.
    pub(crate) async fn now_ms(&self) -> u64 {
        let (seconds, micros): (u64, u64) = self.ask(&cmd("TIME")).await;
        seconds * 1000 + micros / 1000
    }

    /// Lets the time of one fan run out: the session in `active`, the grace in `parked`.
    pub(crate) async fn run_out(&self, set: &str, user: u64) {
        let now = self.now_ms().await;
        let mut command = cmd("ZADD");
        command.arg(self.key(set)).arg("XX").arg(now - 1).arg(user);
        self.tell(&command).await;
    }

    /// What a restart looks like to the guard: the state was written under another run id.
    pub(crate) async fn restart(&self) {
        self.set_state("run_id", "0000000000000000000000000000000000000000")
            .await;
    }

    /// What a flush does to one installation. An epoch is named by its millisecond, so the loss
    /// does not fall into the one in which everything began.
    pub(crate) async fn lose_everything(&self) {
        let began = self.now_ms().await;
        while self.now_ms().await == began {}
        let mut command = cmd("DEL");
        for part in PARTS {
            command.arg(self.key(part));
        }
        self.tell(&command).await;
    }

    /// Everything but what each tick writes. Two equal ones mean that nothing has changed.
    pub(crate) async fn contents(&self) -> Vec<Option<Vec<u8>>> {
        let mut contents = Vec::new();
        for part in PARTS
            .iter()
            .filter(|part| !["state", "seen"].contains(part))
        {
            contents.push(self.ask(cmd("DUMP").arg(self.key(part))).await);
        }
        contents
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let emptied = self.client.get_connection().and_then(|mut connection| {
            let pattern = format!("{}*", self.prefix);
            let mut scan = cmd("SCAN");
            scan.cursor_arg(0)
                .arg("MATCH")
                .arg(pattern)
                .arg("COUNT")
                .arg(1000);
            let keys: Vec<String> = scan.iter(&mut connection)?.collect::<Result<_, _>>()?;
            if keys.is_empty() {
                return Ok(());
            }
            cmd("DEL").arg(keys).query(&mut connection)
        });
        if let Err(error) = emptied {
            eprintln!("the keys {}* are left behind: {error}", self.prefix);
        }
    }
}
