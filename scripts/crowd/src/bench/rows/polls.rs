//! Status polls of fans who wait: how fast the gateway says a place.

use std::path::PathBuf;

use super::super::Bench;
use super::super::fans;
use super::super::house::{ALL_WAIT, House, Running};
use super::super::measured;
use super::super::race::Race;
use super::super::report::{Figure, Target};

const FANS: u64 = 10_000;

/// A house and the fans who wait in it.
struct Waiting {
    house: House,
    fans: PathBuf,
}

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let bare = Running::bare().await?;
    let mut houses = Vec::new();
    for revision in &bench.options.revisions {
        let house = House::before(&bare, revision, 1, ALL_WAIT).await?;
        let known = fans::join(house.door(0), 1..FANS + 1).await?;
        let fans = bench.folder().join(format!("waiting-{}", house.name));
        fans::write(&fans, &known, |fan| format!("/api/status/{}", fan.user))?;
        houses.push(Waiting { house, fans });
    }
    let peer = bench.peer(&houses[0].house, &bare).await?;
    let mut race = Race::default();
    for _ in bench.rounds() {
        for Waiting { house, fans } in &houses {
            race.note(&house.name, bench.wrk.known(house.door(0), fans).await?);
        }
        let fans = &houses[0].fans;
        race.note("bare axum", bench.wrk.known(&bare.address, fans).await?);
        if let Some(peer) = &peer {
            race.note("nginx+Lua+Redis", bench.wrk.known(&peer.room, fans).await?);
        }
    }
    Ok(figures(bench, &race))
}

fn figures(bench: &Bench, race: &Race) -> Vec<Figure> {
    let ours = bench.ours().name.as_str();
    let ratio = |id, peer, target| Figure::ratio(id, "status polls/s", race, [ours, peer], target);
    measured([
        ratio("polls-axum", "bare axum", Target::AtLeast(0.7)),
        ratio("polls-nginx", "nginx+Lua+Redis", Target::AtLeast(2.5)),
        bench
            .other()
            .and_then(|other| ratio("polls-against", other, Target::None)),
    ])
}
