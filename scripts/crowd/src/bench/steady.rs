//! A steady stream of requests that does not slow down when answers are late: what one request
//! takes where nothing is at its limit.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use http::Method;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::fans::Known;
use crate::client::{Ask, Client};

/// Far below what any side of a row can do on two cores.
const PER_SECOND: u32 = 1_000;

/// The times of the answers in ms, as many as fit into `lasts`, each fan asking for this path.
pub(super) async fn answers(
    address: &str,
    fans: &[Known],
    path: impl Fn(&Known) -> String,
    lasts: Duration,
) -> anyhow::Result<Vec<f64>> {
    let client = Client::new();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    let began = Instant::now();
    for fan in fans.iter().cycle() {
        tick.tick().await;
        if began.elapsed() > lasts {
            break;
        }
        under_way.spawn(ask(
            client.clone(),
            address.to_owned(),
            path(fan),
            fan.token.clone(),
        ));
    }
    let mut times = Vec::new();
    while let Some(answered) = under_way.join_next().await {
        times.push(answered??.as_secs_f64() * 1_000.0);
    }
    ensure!(!times.is_empty(), "no request was sent");
    Ok(times)
}

async fn ask(
    client: Client,
    address: String,
    path: String,
    token: String,
) -> anyhow::Result<Duration> {
    let sent = Instant::now();
    let ask = Ask {
        method: &Method::GET,
        path: &path,
        token: Some(&token),
        key: None,
        body: None,
    };
    let answer = client.call(&address, ask).await;
    let answer = answer.ok().context("a request of the stream was lost")?;
    ensure!(answer.status == 200, "answered {}", answer.status);
    Ok(sent.elapsed())
}
