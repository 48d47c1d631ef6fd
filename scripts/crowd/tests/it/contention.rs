//! More fans than seats: each seat has one owner, and who goes without has lost nothing.

use std::time::Duration;

use anyhow::ensure;
use crowd::fan::{Fan, Stop};
use crowd::hall::Hall;
use crowd::system::{Concert, Scale, System};

use crate::harness::{all, crowd_at, judge, none};

const FANS: u64 = 50;
const SEATS: usize = 10;
/// All seats of the hall have one price.
const PRICE: u64 = 10_000;
const SCALE: Scale = Scale {
    gateways: 2,
    max_active: FANS,
    promote_per_second: 200,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_fans_after_ten_seats_leave_ten_buyers_and_forty_unharmed() -> anyhow::Result<()> {
    let system = System::start(SCALE, &Concert::hall(SEATS)?).await?;
    let crowd = crowd_at(&system);
    let watch = system.line().watch(Duration::from_millis(10), 50)?;
    let arrived = (1..=FANS).map(|user| Fan::new(user, &crowd)).collect();
    let ready = everyone(all(arrived, enter_with_money).await?)?;

    let (winners, losers) = after_the_race(all(ready, want_the_first_seat).await?);
    ensure!(
        winners.len() == SEATS,
        "{} fans hold one of {SEATS} seats",
        winners.len()
    );
    everyone(all(winners, pay_and_look).await?)?;
    everyone(all(losers, look_and_leave).await?)?;

    let seen = watch.finish().await?;
    none(&seen.findings)?;
    judge(&system, &crowd.history, &seen).await?;
    let books = system.books().await?;
    ensure!(
        books.sold.len() == SEATS,
        "{} seats were sold",
        books.sold.len()
    );
    let unharmed = books.balances.values().filter(|won| **won == PRICE).count();
    ensure!(
        unharmed == usize::try_from(FANS)? - SEATS,
        "{unharmed} fans have all their money"
    );
    system.done();
    Ok(())
}

type Ended = (Fan, Result<(), Stop>);

async fn enter_with_money(mut fan: Fan) -> Ended {
    let mut ended = fan.enter().await;
    if ended.is_ok() {
        ended = fan.charge(PRICE).await;
    }
    (fan, ended)
}

/// Everyone sees the same hall and takes the first seat of it.
async fn want_the_first_seat(mut fan: Fan) -> Ended {
    let ended = fan.hold_seats(&Hall::seen_alone(1), 1).await;
    (fan, ended)
}

async fn pay_and_look(mut fan: Fan) -> Ended {
    let mut ended = fan.pay().await;
    if ended.is_ok() {
        ended = fan.look_at_tickets().await;
    }
    (fan, ended)
}

async fn look_and_leave(mut fan: Fan) -> Ended {
    let mut ended = fan.look_at_tickets().await;
    if ended.is_ok() {
        ended = fan.leave().await;
    }
    (fan, ended)
}

fn everyone(ended: Vec<Ended>) -> anyhow::Result<Vec<Fan>> {
    let well = ended.into_iter().map(|(fan, ended)| match ended {
        Ok(()) => Ok(fan),
        Err(stop) => anyhow::bail!("fan {}: {stop:?}", fan.user()),
    });
    well.collect()
}

/// Who holds a seat, and who was told that there is none.
fn after_the_race(ended: Vec<Ended>) -> (Vec<Fan>, Vec<Fan>) {
    let (mut winners, mut losers) = (Vec::new(), Vec::new());
    for (fan, ended) in ended {
        match ended {
            Ok(()) => winners.push(fan),
            Err(Stop::SoldOut) => losers.push(fan),
            Err(other) => panic!("fan {}: {other:?}", fan.user()),
        }
    }
    (winners, losers)
}
