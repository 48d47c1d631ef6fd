//! Requests of fans in a session, through the gate to the upstream: how many, and how much later
//! they arrive than without a gate.

use std::path::PathBuf;

use super::super::house::{ALL_IN, House, Running};
use super::super::peer::Peer;
use super::super::race::{Race, percentile};
use super::super::report::{Figure, Target};
use super::super::{Bench, fans, measured, steady};

const FANS: u64 = 2_000;
const PATH: &str = "/api/available-dates";

/// A house and the fans who are in.
struct Open {
    house: House,
    known: Vec<fans::Known>,
    fans: PathBuf,
}

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let bare = Running::bare().await?;
    let mut houses = Vec::new();
    for revision in &bench.options.revisions {
        let house = House::before(&bare, revision, 1, ALL_IN).await?;
        let known = fans::join(house.door(0), 1..FANS + 1).await?;
        let fans = bench.folder().join(format!("in-{}", house.name));
        fans::write(&fans, &known, |_| PATH.to_owned())?;
        houses.push(Open { house, known, fans });
    }
    let peer = bench.peer(&houses[0].house, &bare).await?;
    let (mut rate, mut added) = (Race::default(), Race::default());
    for _ in bench.rounds() {
        forward(bench, &houses, peer.as_ref(), &mut rate).await?;
        compare_p99(bench, &houses, &bare, &mut added).await?;
    }
    Ok(figures(bench, &rate, &added))
}

async fn forward(
    bench: &Bench,
    houses: &[Open],
    peer: Option<&Peer>,
    race: &mut Race,
) -> anyhow::Result<()> {
    for Open { house, fans, .. } in houses {
        race.note(&house.name, bench.wrk.known(house.door(0), fans).await?);
    }
    if let Some(peer) = peer {
        let fans = &houses[0].fans;
        race.note("nginx+Lua gate", bench.wrk.known(&peer.room, fans).await?);
        race.note(
            "nginx plain proxy",
            bench.wrk.known(&peer.plain, fans).await?,
        );
    }
    Ok(())
}

/// The p99 of a steady stream through the gate, less that of the same stream without it.
async fn compare_p99(
    bench: &Bench,
    houses: &[Open],
    bare: &Running,
    race: &mut Race,
) -> anyhow::Result<()> {
    let lasts = bench.options.lasts;
    let path = |_: &fans::Known| PATH.to_owned();
    let direct = steady::answers(&bare.address, &houses[0].known, path, lasts).await?;
    for Open { house, known, .. } in houses {
        let gated = steady::answers(house.door(0), known, path, lasts).await?;
        race.note(
            &house.name,
            percentile(&gated, 99) - percentile(&direct, 99),
        );
    }
    Ok(())
}

fn figures(bench: &Bench, rate: &Race, added: &Race) -> Vec<Figure> {
    let ours = bench.ours().name.as_str();
    let ratio =
        |id, peer, target| Figure::ratio(id, "gated requests/s", rate, [ours, peer], target);
    measured([
        ratio("gate-lua", "nginx+Lua gate", Target::AtLeast(1.3)),
        ratio("gate-proxy", "nginx plain proxy", Target::AtLeast(0.75)),
        Figure::alone(
            "gate-p99",
            "added p99, ms",
            added,
            ours,
            Target::AtMost(2.0),
        ),
        bench
            .other()
            .and_then(|other| ratio("gate-against", other, Target::None)),
    ])
}
