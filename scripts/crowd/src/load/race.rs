//! The race for one seat: the most contention that a box office can meet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::arrivals::arrivals;
use super::crowd::Sending;
use super::visit::Home;
use crate::fan::{Fan, Stop};
use crate::hall::Hall;

/// How the race for one seat went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Race {
    /// How many were in and ran.
    pub(super) runners: usize,
    /// Who held the seat.
    pub(super) winners: usize,
    /// From the start signal to the last answer.
    pub(super) took: Duration,
}

type Ran = (Fan, Result<(), Stop>);

/// Everyone gets in; then all reserve the first seat at the same moment; the winner pays.
pub(super) async fn one_seat(sending: Arc<Sending>) -> anyhow::Result<Race> {
    let seat = Hall::seen_by_friends(Duration::MAX, 1);
    let mut runners = Vec::new();
    for (fan, entered) in everyone_enters(&sending).await? {
        match entered {
            Ok(()) => runners.push(fan),
            Err(stop) => sending.tell(fan.user(), stop.into(), Duration::ZERO),
        }
    }
    // Somebody tells the others which seat there is, before the signal.
    if let Some(first) = runners.first_mut() {
        first
            .see(&seat)
            .await
            .map_err(|stop| anyhow::anyhow!("no seat is shown: {stop:?}"))?;
    }
    let began = Instant::now();
    let count = runners.len();
    let ran = all(runners, |mut fan| {
        let seat = seat.clone();
        async move {
            let ran = fan.want_one(&seat).await;
            (fan, ran)
        }
    });
    let ran = ran.await?;
    let took = began.elapsed();
    let winners = ran.iter().filter(|(_, ran)| ran.is_ok()).count();
    everyone_goes_home(&sending, ran).await?;
    Ok(Race {
        runners: count,
        winners,
        took,
    })
}

async fn everyone_enters(sending: &Sending) -> anyhow::Result<Vec<Ran>> {
    let scenario = &sending.scenario;
    let began = tokio::time::Instant::now();
    let moments = arrivals(scenario.fans, scenario.arrive_within, sending.seed());
    let fans = (0..)
        .zip(moments)
        .map(|(number, at)| (sending.fan(number), at));
    all(fans.collect(), |(mut fan, at)| async move {
        tokio::time::sleep_until(began + at).await;
        let entered = fan.enter().await;
        (fan, entered)
    })
    .await
}

async fn everyone_goes_home(sending: &Sending, ran: Vec<Ran>) -> anyhow::Result<()> {
    let ended = all(ran, |(mut fan, ran)| async move {
        let home = match ran {
            Ok(()) => fan.shop(&Hall::seen_by_friends(Duration::MAX, 1), 1).await,
            Err(stop) => Err(stop),
        };
        let home = match home {
            Ok(()) => fan
                .look_at_tickets()
                .await
                .map_or_else(Home::from, |()| Home::Bought),
            Err(Stop::Refused(code)) if code == "seat_taken" => Home::SoldOut,
            Err(stop) => stop.into(),
        };
        (fan, home)
    });
    for (fan, home) in ended.await? {
        sending.tell(fan.user(), home, Duration::ZERO);
    }
    Ok(())
}

/// All of them do the same at once.
async fn all<Who, Doing, Done>(
    crowd: Vec<Who>,
    deed: impl Fn(Who) -> Doing,
) -> anyhow::Result<Vec<Done>>
where
    Doing: Future<Output = Done> + Send + 'static,
    Done: Send + 'static,
{
    let mut doing: JoinSet<_> = crowd.into_iter().map(deed).collect();
    let mut done = Vec::new();
    while let Some(one) = doing.join_next().await {
        done.push(one?);
    }
    Ok(done)
}
