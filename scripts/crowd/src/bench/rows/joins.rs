//! Joins: how fast fans who were never seen before get their places.

use super::super::Bench;
use super::super::house::{ALL_WAIT, House, Running};
use super::super::measured;
use super::super::race::Race;
use super::super::report::{Figure, Target};

/// User ids of one run do not meet those of another.
const SPAN: u64 = 1_000_000_000;

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let bare = Running::bare().await?;
    let mut houses = Vec::new();
    for revision in &bench.options.revisions {
        houses.push(House::before(&bare, revision, 1, ALL_WAIT).await?);
    }
    // The peer's fans stand in a queue of their own: each side's line is as long as what it took.
    let beside = House::before(&bare, bench.ours(), 0, ALL_WAIT).await?;
    let peer = bench.peer(&beside, &bare).await?;
    let mut race = Race::default();
    for round in bench.rounds() {
        let first = u64::try_from(round)? * SPAN;
        for house in &houses {
            race.note(
                &house.name,
                bench.wrk.newcomers(house.door(0), first).await?,
            );
        }
        if let Some(peer) = &peer {
            race.note(
                "nginx+Lua+Redis",
                bench.wrk.newcomers(&peer.room, first).await?,
            );
        }
    }
    let ours = bench.ours().name.as_str();
    let ratio = |id, peer, target| Figure::ratio(id, "joins/s", &race, [ours, peer], target);
    Ok(measured([
        ratio("joins-nginx", "nginx+Lua+Redis", Target::AtLeast(1.4)),
        bench
            .other()
            .and_then(|other| ratio("joins-against", other, Target::None)),
    ]))
}
