//! The seat status of a whole arena: how often booking tells 15,000 letters, beside a bare axum
//! that has the same bytes ready.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use http::Method;

use super::super::fans::{self, Known};
use super::super::house::{ALL_IN, House, Running};
use super::super::race::Race;
use super::super::report::{Figure, Target};
use super::super::{Bench, measured};
use crate::client::{Ask, Client};
use crate::system::Concert;

const SEATS: usize = 15_000;
const FANS: u64 = 1_000;
const PASS: &str = "Stagedoor-Pass";
const TOKEN: &str = "X-Queue-Token";

/// A house whose readers are known: by their tokens at the gateway, by a pass at booking.
struct Open {
    house: House,
    with_tokens: PathBuf,
    with_passes: PathBuf,
    answer: PathBuf,
}

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Vec<Figure>> {
    let concert = Concert::arena_seats(SEATS)?;
    let mut houses = Vec::new();
    for revision in &bench.options.revisions {
        let house = House::selling(&concert, revision, ALL_IN).await?;
        houses.push(open(bench, house).await?);
    }
    let bare = Running::bare_telling(&houses[0].answer).await?;
    let (mut direct, mut gated) = (Race::default(), Race::default());
    for _ in bench.rounds() {
        for open in &houses {
            let (name, booking) = (&open.house.name, open.house.booking());
            let told = bench.wrk.known_by(PASS, booking, &open.with_passes).await?;
            direct.note(name, told);
            let door = open.house.door(0);
            let told = bench.wrk.known_by(TOKEN, door, &open.with_tokens).await?;
            gated.note(name, told);
        }
        let told = bench
            .wrk
            .known_by(PASS, &bare.address, &houses[0].with_passes);
        let told = told.await?;
        direct.note("bare axum", told);
        gated.note("bare axum", told);
    }
    Ok(figures(bench, &direct, &gated))
}

/// Lets the readers in, and keeps one answer for the peer to tell.
async fn open(bench: &Bench, house: House) -> anyhow::Result<Open> {
    let known = fans::join(house.door(0), 1..FANS + 1).await?;
    let reader = known.first().context("a reader")?;
    let dates = ask(&house, reader, "/api/available-dates").await?;
    let dates: Vec<String> = serde_json::from_slice(&dates)?;
    let path = format!("/api/seat-status/{}", dates.first().context("a date")?);
    let told = ask(&house, reader, &path).await?;
    ensure!(told.len() > SEATS, "the seat status has too few letters");
    let file = |what: &str| bench.folder().join(format!("{what}-{}", house.name));
    let (with_tokens, with_passes) = (file("status-tokens"), file("status-passes"));
    let answer = file("status-answer");
    fans::write(&with_tokens, &known, |_| path.clone())?;
    let pass = Known {
        token: house.pass().await?,
        ..reader.clone()
    };
    fans::write(&with_passes, &[pass], |_| path.clone())?;
    std::fs::write(&answer, &told)?;
    Ok(Open {
        house,
        with_tokens,
        with_passes,
        answer,
    })
}

async fn ask(house: &House, reader: &Known, path: &str) -> anyhow::Result<bytes::Bytes> {
    let ask = Ask {
        method: &Method::GET,
        path,
        token: Some(&reader.token),
        key: None,
        body: None,
    };
    let answer = Client::new().call(house.door(0), ask).await;
    let answer = answer.map_err(|lost| anyhow::anyhow!("{path}: {}", lost.0))?;
    ensure!(
        answer.status == 200,
        "{path} was answered {}",
        answer.status
    );
    Ok(answer.body)
}

fn figures(bench: &Bench, direct: &Race, gated: &Race) -> Vec<Figure> {
    let ours = bench.ours().name.as_str();
    let what = "seat status of 15,000 seats/s";
    let ratio = |id, race, peer, target| Figure::ratio(id, what, race, [ours, peer], target);
    measured([
        ratio("seatmap-axum", direct, "bare axum", Target::AtLeast(0.5)),
        ratio("seatmap-gated", gated, "bare axum", Target::None),
        bench
            .other()
            .and_then(|other| ratio("seatmap-against", direct, other, Target::None)),
    ])
}
