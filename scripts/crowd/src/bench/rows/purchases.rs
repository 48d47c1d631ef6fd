//! Buying through the gateway: a reserve and a process are a transaction each, beside those of
//! sysbench on the same server.

use std::time::Instant;

use anyhow::Context as _;
use serde::Deserialize;
use tokio::process::Command;

use super::super::fans::{self, Known};
use super::super::house::{ALL_IN, House};
use super::super::race::Race;
use super::super::report::{Figure, Target};
use super::super::{Bench, measured};
use crate::client::Client;
use crate::system::Concert;

/// Both sides work with so many at once.
pub(in super::super) const THREADS: usize = 16;
/// And with so many when it is a rush: who meets is served together.
const RUSH: usize = 64;
/// A round ends when all have bought: about as long as a round of the others.
const FANS_EACH_SECOND: u64 = 300;
const TABLE_ROWS: &str = "--table-size=100000";

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let count = bench.scaled(FANS_EACH_SECOND);
    let seats = 2 * usize::try_from(count)? * bench.options.rounds;
    let concert = Concert::arena_seats(seats)?;
    let mut houses = Vec::new();
    for revision in &bench.options.revisions {
        houses.push(House::selling(&concert, revision, ALL_IN).await?);
    }
    let sysbench = Sysbench::prepare(houses[0].settings.database_url()).await?;
    let mut race = Race::default();
    for round in bench.rounds() {
        let first = 1 + 2 * u64::try_from(round)? * count;
        for house in &houses {
            race.note(&house.name, buy(house, THREADS, first, count).await?);
            let rush = format!("{} in a rush", house.name);
            race.note(&rush, buy(house, RUSH, first + count, count).await?);
        }
        let seconds = bench.options.lasts.as_secs().max(1);
        race.note("sysbench", sysbench.run(THREADS, seconds).await?);
        race.note("sysbench in a rush", sysbench.run(RUSH, seconds).await?);
    }
    let ours = bench.ours().name.as_str();
    let what = "reserve + process, transactions/s";
    let ratio = |id, peer, target| Figure::ratio(id, what, &race, [ours, peer], target);
    let reach = Target::AtLeast(0.6);
    let what_in_a_rush = format!("the same, {RUSH} at once");
    let in_a_rush = [&format!("{ours} in a rush"), "sysbench in a rush"];
    let rush = Figure::ratio("purchases-rush", &what_in_a_rush, &race, in_a_rush, reach);
    Ok(measured([
        ratio("purchases-sysbench", "sysbench", reach),
        rush,
        bench
            .other()
            .and_then(|other| ratio("purchases-against", other, Target::None)),
    ]))
}

/// Transactions a second. Joining and charging come before the clock starts.
async fn buy(house: &House, at_once: usize, first: u64, count: u64) -> anyhow::Result<f64> {
    let ready = with_money(house, first, count).await?;
    let began = Instant::now();
    let transactions = u32::try_from(all_buy(house, at_once, ready).await?)?;
    Ok(f64::from(transactions) / began.elapsed().as_secs_f64())
}

/// Fans who are in and have money.
pub(in super::super) async fn with_money(
    house: &House,
    first: u64,
    count: u64,
) -> anyhow::Result<Vec<Known>> {
    let (client, door) = (Client::new(), house.door(0).to_owned());
    let known = fans::join(&door, first..first + count).await?;
    let charged = fans::each(THREADS, known, move |fan| {
        charge(client.clone(), door.clone(), fan)
    });
    charged.await
}

/// Each reserves and pays, so many at once; answers how many transactions that were.
pub(in super::super) async fn all_buy(
    house: &House,
    at_once: usize,
    fans: Vec<Known>,
) -> anyhow::Result<usize> {
    let (client, door) = (Client::new(), house.door(0).to_owned());
    let bought = fans::each(at_once, fans, move |fan| {
        purchase(client.clone(), door.clone(), fan)
    });
    Ok(bought.await?.len() * 2)
}

async fn charge(client: Client, door: String, fan: Known) -> anyhow::Result<Known> {
    let path = format!("/api/{}/charge", fan.user);
    let body = r#"{"amount":200000}"#;
    fans::post(&client, &door, &path, Some(&fan.token), body).await?;
    Ok(fan)
}

/// Seats are numbered from 1 in an empty database, and so are the fans: each has one of their own.
async fn purchase(client: Client, door: String, fan: Known) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Held {
        amount: u64,
    }
    let (user, token) = (fan.user, Some(fan.token.as_str()));
    let body = format!(r#"{{"userId":{user},"seatId":{user}}}"#);
    let held = fans::post(&client, &door, "/api/reserve", token, &body).await?;
    let Held { amount } = serde_json::from_slice(&held.body)?;
    let body = format!(r#"{{"userId":{user},"amount":{amount}}}"#);
    fans::post(&client, &door, "/api/process", token, &body).await?;
    Ok(())
}

/// `oltp_write_only` in the database of the house.
struct Sysbench {
    options: Vec<String>,
}

impl Sysbench {
    async fn prepare(url: &str) -> anyhow::Result<Self> {
        let url: http::Uri = url.parse().context("DATABASE_URL")?;
        let authority = url.authority().context("DATABASE_URL has a host")?;
        let (who, _) = authority.as_str().rsplit_once('@').unwrap_or_default();
        let (user, password) = who.split_once(':').unwrap_or((who, ""));
        let sysbench = Self {
            options: vec![
                "oltp_write_only".to_owned(),
                "--db-driver=mysql".to_owned(),
                format!("--mysql-host={}", authority.host()),
                format!("--mysql-port={}", authority.port_u16().unwrap_or(3306)),
                format!("--mysql-user={user}"),
                format!("--mysql-password={password}"),
                format!("--mysql-db={}", url.path().trim_start_matches('/')),
                TABLE_ROWS.to_owned(),
            ],
        };
        sysbench.command(&["prepare"]).await?;
        Ok(sysbench)
    }

    /// Transactions a second.
    async fn run(&self, threads: usize, seconds: u64) -> anyhow::Result<f64> {
        let (threads, time) = (format!("--threads={threads}"), format!("--time={seconds}"));
        let text = self.command(&[&threads, &time, "run"]).await?;
        transactions_per_second(&text).with_context(|| format!("no figure in: {text}"))
    }

    async fn command(&self, more: &[&str]) -> anyhow::Result<String> {
        let output = Command::new("sysbench")
            .args(&self.options)
            .args(more)
            .output();
        let output = output.await.context("running sysbench")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        anyhow::ensure!(output.status.success(), "sysbench failed: {text}");
        Ok(text)
    }
}

/// Of the line `transactions:    12345  (2468.10 per sec.)`.
fn transactions_per_second(text: &str) -> Option<f64> {
    let line = text
        .lines()
        .find(|line| line.trim().starts_with("transactions:"))?;
    let (_, rest) = line.split_once('(')?;
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_of_sysbench_is_read() {
        let text = "SQL statistics:\n    transactions:    12345  (2468.10 per sec.)\n";
        assert_eq!(transactions_per_second(text), Some(2468.1));
    }
}
