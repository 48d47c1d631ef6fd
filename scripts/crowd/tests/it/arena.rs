//! The main job at its full size: far more fans than the house can serve at once, and seats enough.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use crowd::fan::{Crowd, Fan};
use crowd::hall::Hall;
use crowd::history::most_sessions_at_once;
use crowd::summary::Summary;
use crowd::system::{Concert, Scale, System};
use crowd::witness::line::{Seen, Watch};

use crate::harness::{all, crowd_at, is_deep, judge, none, story};

const LOOK_EVERY: Duration = Duration::from_millis(10);
const AUDIT_EVERY: Duration = Duration::from_secs(10);
/// On a machine that does much else besides it takes long; a line that stands still takes for ever.
const PATIENCE: Duration = Duration::from_mins(5);
const PATIENCE_PER_FAN_MS: u64 = 500;
/// Friends share what they see of the hall, and all want to sit in front.
const PICTURE_IS_GOOD_FOR: Duration = Duration::from_secs(2);
const FAVOURITES: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_fans_through_two_gateways_buy_seats_in_the_arena() -> anyhow::Result<()> {
    sale(if is_deep() { 10_000 } else { 2_000 }, 50).await
}

/// The same in short, for the sabotage twins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_fans_are_let_in_by_ticket_and_never_above_the_cap() -> anyhow::Result<()> {
    sale(200, 20).await
}

async fn sale(fans: u64, cap: u32) -> anyhow::Result<()> {
    let scale = Scale {
        gateways: 2,
        max_active: cap.into(),
        promote_per_second: 200,
    };
    let cap = usize::try_from(cap)?;
    let system = System::start(scale, &Concert::arena()?).await?;
    let crowd = crowd_at(&system);
    let mut watch = system.line().watch(LOOK_EVERY, cap)?;
    let began = Instant::now();
    let patience = PATIENCE + Duration::from_millis(PATIENCE_PER_FAN_MS * fans);
    tokio::select! {
        bought = everyone_buys(fans, &crowd) => bought?,
        () = tokio::time::sleep(patience) => bail!("not everyone got in within {patience:?}"),
        seen = watch.found() => none(&seen?.findings)?,
        wrong = audit_all_the_time(&system) => wrong?,
    }
    let took = began.elapsed();
    let seen = finish(watch, cap).await?;
    judge(&system, &crowd.history, &seen).await?;
    report(&system, &crowd, &seen, took).await?;
    system.done();
    Ok(())
}

/// Every third fan brings a friend.
async fn everyone_buys(fans: u64, crowd: &Crowd) -> anyhow::Result<()> {
    let hall = Hall::seen_by_friends(PICTURE_IS_GOOD_FOR, FAVOURITES);
    let arrived = (1..=fans).map(|user| Fan::new(user, crowd)).collect();
    let ended = all(arrived, |mut fan| {
        let hall = hall.clone();
        async move {
            let wanted = if fan.user().is_multiple_of(3) { 2 } else { 1 };
            let bought = fan.buy(&hall, wanted).await;
            (fan, bought)
        }
    });
    for (fan, bought) in ended.await? {
        if let Err(stop) = bought {
            let (user, story) = (fan.user(), story(&fan, &crowd.history));
            bail!("fan {user} went home without: {stop:?}\n{story}");
        }
    }
    Ok(())
}

/// The audit is safe during a sale. Ends only when it finds something.
async fn audit_all_the_time(system: &System) -> anyhow::Result<()> {
    let mut again = tokio::time::interval(AUDIT_EVERY);
    loop {
        again.tick().await;
        system.audit().await?;
    }
}

/// A cap that was never reached would prove nothing.
async fn finish(watch: Watch, cap: usize) -> anyhow::Result<Seen> {
    let seen = watch.finish().await?;
    none(&seen.findings)?;
    ensure!(
        seen.most_sessions == cap,
        "at most {} of {cap} were in",
        seen.most_sessions
    );
    Ok(seen)
}

async fn report(system: &System, crowd: &Crowd, seen: &Seen, took: Duration) -> anyhow::Result<()> {
    let entries = crowd.history.entries();
    let (most, certain) = (seen.most_sessions, most_sessions_at_once(&entries));
    ensure!(
        certain <= most,
        "{certain} fans were told to be in, Redis had {most}"
    );
    let (books, samples) = (system.books().await?, seen.samples);
    let (sold, buyers) = (books.sold.len(), books.balances.len());
    println!(
        "{buyers} fans bought {sold} seats in {took:.1?} (seed {}); at most {most} sessions at \
         once by {samples} looks at Redis, {certain} by what the fans were told",
        crowd.seed
    );
    print!("{}", Summary::of(&entries));
    Ok(())
}
