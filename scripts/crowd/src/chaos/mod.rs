//! Chaos: kills, stalls, cuts and restarts under load, or clocks that are apart and a rate that
//! does not rest, all from one seed, and then the checks.
//!
//! [`plan`] says what happens, [`storm`] does it to the [`plant`], fans buy all the while, and
//! [`verdict`] judges when the storm is over and everyone has gone home.

mod clocks;
mod part;
pub mod plan;
mod plant;
mod servers;
mod storm;
mod verdict;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::fan::{Crowd, Fan, Stop};
use crate::hall::Hall;
use crate::history::{Findings, History};
use crate::summary::Summary;
use crate::system::Concert;
use crate::witness::lives::Vigil;
use plant::Plant;

pub use clocks::has_faketime;
pub use servers::Servers;

/// Fewer than want to be in, so that there is a line.
const CAP: u32 = 8;
/// A session of a fan who went home is not kept for long.
const CONFIG: [(&str, u64); 3] = [
    ("max_active", CAP as u64),
    ("promote_per_second", 30),
    ("session_seconds", 60),
];
/// So few that fans meet at them.
const FAVOURITES: usize = 40;
/// The list of the arena is long; friends share what one of them saw.
const PICTURE_IS_GOOD_FOR: Duration = Duration::from_secs(1);
/// After the storm the line may be held for 15 s, and then everyone still has to buy.
const CALM: Duration = Duration::from_mins(2);

/// What the system is put through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// Kills, stalls, cuts and restarts of everything.
    Storm,
    /// Four gateways whose clocks are minutes apart, and an operator who changes the rate twice a
    /// second.
    Clocks,
}

impl Trial {
    /// For each gateway and its booking, how many minutes their clock is ahead.
    const fn minutes_ahead(self) -> &'static [i32] {
        match self {
            Self::Storm => &[0, 0],
            Self::Clocks => &[0, 7, -5, 11],
        }
    }

    fn plan(self, options: &Options) -> Vec<plan::Planned> {
        match self {
            Self::Storm => plan::storm(options.seed, options.lasts, self.minutes_ahead().len()),
            Self::Clocks => plan::restless_rate(options.seed, options.lasts),
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the system is put through.
    pub trial: Trial,
    /// The same seed is the same storm and the same choices of the fans.
    pub seed: u64,
    /// How long the storm lasts.
    pub lasts: Duration,
    /// How many fans come in that time.
    pub fans: u32,
    /// An empty folder for data and logs.
    pub folder: PathBuf,
}

/// Runs it all, and says what must not have been.
///
/// # Errors
/// When the plant does not start, or does not come back after a blow.
pub async fn run(options: &Options, servers: &Servers) -> anyhow::Result<Findings> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let arena = Concert::arena()?;
    let ahead = options.trial.minutes_ahead();
    let mut plant = Plant::start(&options.folder, servers, &arena, ahead, &CONFIG).await?;
    let crowd = Crowd {
        doors: plant.addresses().into(),
        client: Client::new(),
        history: History::new(),
        seed: options.seed,
    };
    let vigil = Vigil::begin(plant.line(), usize::try_from(CAP)?);
    let plan = options.trial.plan(options);
    println!(
        "seed {}: {} blows in {:?}",
        options.seed,
        plan.len(),
        options.lasts
    );
    let began = Instant::now();
    let fans = tokio::spawn(arrive(crowd.clone(), options.fans, options.lasts));
    let rates = storm::rage(&mut plant, &plan, began).await?;
    let mut findings = fans.await?;
    let (lives, seen) = vigil.end()?;
    findings.extend(seen);
    let books = plant.books().await?;
    findings.extend(verdict::judge(&crowd.history, &lives, &books));
    if options.trial == Trial::Clocks {
        let called = lives.iter().flat_map(|life| life.called.values().copied());
        findings.extend(clocks::check_rate(&rates, called.collect()));
    }
    if let Err(error) = plant.audit().await {
        findings.push(format!("booking audit: {error:#}"));
    }
    report(&crowd.history, &lives, books.sold.len(), began);
    Ok(findings)
}

/// Fans come evenly over the storm; each one who went home without is a finding.
async fn arrive(crowd: Crowd, fans: u32, lasts: Duration) -> Findings {
    let hall = Hall::seen_by_friends(PICTURE_IS_GOOD_FOR, FAVOURITES);
    let mut coming = tokio::time::interval((lasts / fans.max(1)).max(Duration::from_millis(1)));
    let until = Instant::now() + lasts + CALM;
    let mut shopping = JoinSet::new();
    for user in 1..=u64::from(fans) {
        coming.tick().await;
        shopping.spawn(persist(Fan::new(user, &crowd), hall.clone(), until));
    }
    let mut findings = Findings::new();
    while let Some(ended) = shopping.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err((user, stop))) => findings.push(format!("fan {user} went without: {stop:?}")),
            Err(error) => findings.push(format!("a fan broke down: {error}")),
        }
    }
    findings
}

/// One who is in the line for ever gives up in the end.
async fn persist(mut fan: Fan, hall: Hall, until: Instant) -> Result<(), (u64, Stop)> {
    let shopping = buy(&mut fan, &hall, until);
    match tokio::time::timeout_at(until.into(), shopping).await {
        Ok(ended) => ended.map_err(|stop| (fan.user(), stop)),
        Err(_) => Err((fan.user(), Stop::GaveUp("everything"))),
    }
}

/// Buys, and begins again as long as nobody says a clear no.
async fn buy(fan: &mut Fan, hall: &Hall, until: Instant) -> Result<(), Stop> {
    let wanted = if fan.user().is_multiple_of(3) { 2 } else { 1 };
    loop {
        let mut ended = fan.buy(hall, wanted).await;
        // The answer to the payment was lost, and with Redis the session that could ask again.
        if matches!(&ended, Err(Stop::Refused(code)) if code == "nothing_to_pay") {
            ended = fan.look_at_tickets().await;
        }
        match ended {
            Err(Stop::SessionOver | Stop::GaveUp(_)) if Instant::now() < until => {}
            other => return other,
        }
    }
}

fn report(history: &History, lives: &[crate::witness::lives::Life], sold: usize, began: Instant) {
    println!(
        "{sold} seats were sold in {:.1?}; lives of Redis:",
        began.elapsed()
    );
    for life in lives {
        let (most, samples) = (life.most_sessions, life.samples);
        let lasted = life.ended.duration_since(life.began);
        println!("{lasted:>12.1?}: at most {most} of {CAP} sessions by {samples} looks");
    }
    print!("{}", Summary::of(&history.entries()));
}

/// An empty folder of this name below the system's own for passing things.
///
/// # Errors
/// When it cannot be made.
pub fn fresh_folder() -> anyhow::Result<PathBuf> {
    let name = format!("stagedoor-chaos-{:08x}", rand::random::<u32>());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).context("a folder for the run")?;
    Ok(folder)
}
