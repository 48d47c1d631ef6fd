//! From an upstream's word that a purchase is done to the refusal of the fan's token at every
//! gateway.

use std::time::{Duration, Instant};

use anyhow::ensure;
use http::Method;

use super::super::house::{ALL_IN, House, Running};
use super::super::race::{Race, percentile};
use super::super::report::{Figure, Target};
use super::super::{Bench, fans, measured};
use crate::client::{Ask, Client};

const GATEWAYS: usize = 2;
const FANS_EACH_SECOND: u64 = 100;
const AT_ONCE: usize = 8;
const ASK_AGAIN: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let bare = Running::bare().await?;
    let house = House::before(&bare, bench.ours(), GATEWAYS, ALL_IN).await?;
    let doors = [house.door(0).to_owned(), house.door(1).to_owned()];
    let count = bench.scaled(FANS_EACH_SECOND);
    let mut race = Race::default();
    for round in bench.rounds() {
        let first = 1 + u64::try_from(round)? * count;
        let known = fans::join(&doors[0], first..first + count).await?;
        let (client, doors) = (Client::new(), doors.clone());
        let times = fans::each(AT_ONCE, known, move |fan| {
            revoked(client.clone(), doors.clone(), fan)
        });
        race.note("gateway", percentile(&times.await?, 99));
    }
    let what = "revoke to refusal, 2 gateways, p99 ms";
    let target = Target::AtMost(1_000.0);
    Ok(measured([Figure::alone(
        "revoke-p99",
        what,
        &race,
        "gateway",
        target,
    )]))
}

/// The ms from the answer that revokes to the moment when both gateways have refused.
async fn revoked(
    client: Client,
    doors: [String; GATEWAYS],
    fan: fans::Known,
) -> anyhow::Result<f64> {
    for door in &doors {
        let before = status(&client, door, &fan).await?;
        ensure!(before == 200, "a fan who is in was answered {before}");
    }
    let path = format!("/revoke/{}", fan.ticket);
    fans::post(&client, &doors[0], &path, Some(&fan.token), "{}").await?;
    let said = Instant::now();
    for door in &doors {
        while status(&client, door, &fan).await? != 403 {
            ensure!(said.elapsed() < PATIENCE, "a revoked token is still good");
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }
    Ok(said.elapsed().as_secs_f64() * 1_000.0)
}

async fn status(client: &Client, door: &str, fan: &fans::Known) -> anyhow::Result<u16> {
    let ask = Ask {
        method: &Method::GET,
        path: "/api/available-dates",
        token: Some(&fan.token),
        key: None,
        body: None,
    };
    let answer = client.call(door, ask).await;
    answer.map_or_else(
        |lost| anyhow::bail!("{}", lost.0),
        |answer| Ok(answer.status),
    )
}
