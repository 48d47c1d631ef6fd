//! Sending a crowd and judging what came of it.
//!
//! [`run`] opens the venue, sends the fans of a [`Scenario`], shows a line of progress, and ends
//! with the checks. `scripts/load` is the way in, `docs/LOAD.md` the manual.

mod arrivals;
mod capacity;
mod character;
mod crowd;
mod outcome;
mod progress;
mod race;
mod tally;
mod venue;
mod verdict;
mod visit;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::history::{Entry, History};
use crate::scenario::{Play, Scenario};
use crate::witness::line::Watch;
use crowd::{Ended, Sending};
use progress::Progress;
use race::Race;
use tally::Tally;
use venue::Venue;

pub use outcome::{Outcome, Quantiles, WaitsAt};
pub use tally::Moment;
pub use verdict::{Check, Verdict};

/// One line of progress each.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// One look at Redis lists every session, so a line with many is looked at less often.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOK_AT_MANY_EVERY: Duration = Duration::from_secs(1);
const MANY_SESSIONS: u64 = 2_000;
/// The house is closed so long after the line could have been empty.
const PATIENCE: Duration = Duration::from_mins(3);

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who comes.
    pub scenario: Scenario,
    /// Makes it repeatable.
    pub seed: u64,
    /// The gateways of a running system; none starts one.
    pub gateways: Vec<String>,
    /// The concert that is wanted; the default one otherwise.
    pub concert: Option<u64>,
}

/// Runs it to the end and makes all checks.
///
/// # Errors
/// When the run itself failed: servers that do not start, a Redis or a database that cannot be
/// asked. What the checks find is part of the outcome.
pub async fn run(order: Order) -> anyhow::Result<Outcome> {
    let venue = match &order.gateways[..] {
        [] => Venue::start(order.scenario.house).await?,
        gateways => Venue::given(gateways)?,
    };
    let cap = venue.cap()?;
    let watch = watch(&venue, cap)?;
    let history = History::new();
    let users = users(&order);
    let (sending, homes) = sending(&order, &venue, &history, users.clone());
    let mut evening = Evening::new(history);
    let race = evening.attend(order.scenario.play, sending, homes).await?;
    let seen = match watch {
        Some(watch) => Some(watch.finish().await?),
        None => None,
    };
    let evidence = verdict::Evidence {
        history: &evening.history,
        entries: &evening.history.entries(),
        seen: seen.as_ref(),
        cap,
        users,
        bad_ends: evening.tally.bad_ends(),
    };
    println!("checking {} answers", evidence.entries.len());
    let checks = verdict::judge(&venue, &evidence).await?;
    let outcome = Outcome::new(&order, &venue, &evening, (seen.as_ref(), cap, race), checks);
    venue.close(outcome.is_clean());
    Ok(outcome)
}

/// In a system of our own the fans are 1, 2, 3; in somebody else's they must be new there.
fn users(order: &Order) -> Range<u64> {
    let first = if order.gateways.is_empty() {
        1
    } else {
        shared::clock::unix_seconds() * 100_000
    };
    first..first + order.scenario.fans
}

fn watch(venue: &Venue, cap: Option<u64>) -> anyhow::Result<Option<Watch>> {
    let (Some(line), Some(cap)) = (venue.line(), cap) else {
        return Ok(None);
    };
    let every = if cap > MANY_SESSIONS {
        LOOK_AT_MANY_EVERY
    } else {
        LOOK_EVERY
    };
    Ok(Some(line.watch(every, usize::try_from(cap)?)?))
}

fn sending(
    order: &Order,
    venue: &Venue,
    history: &History,
    users: Range<u64>,
) -> (Sending, UnboundedReceiver<Ended>) {
    let scenario = &order.scenario;
    let open_for = scenario.arrive_within + longest_line(scenario) + PATIENCE;
    let (homes, hears) = unbounded_channel();
    let sending = Sending {
        users,
        groups: crowd::groups(scenario, venue.doors(), history, order.seed),
        hall: crowd::hall(scenario, order.concert),
        closing: Instant::now() + open_for,
        homes,
        scenario: scenario.clone(),
    };
    (sending, hears)
}

/// How long the line may take: twice as long as the rate needs for everyone, or as long as the room
/// needs when everyone stays for a whole session.
fn longest_line(scenario: &Scenario) -> Duration {
    let house = &scenario.house;
    let by_rate = 2 * scenario.fans / house.promote_per_second.max(1);
    let by_room = scenario.fans * house.session_seconds / house.max_active.max(1);
    Duration::from_secs(by_rate.max(by_room))
}

/// One run while it goes on.
struct Evening {
    history: History,
    tally: Tally,
    /// How many entries of the history are in the tally.
    known: usize,
    /// The longest that a fan knocked after the planned moment.
    latest: Duration,
    took: Duration,
}

impl Evening {
    fn new(history: History) -> Self {
        Self {
            history,
            tally: Tally::new(),
            known: 0,
            latest: Duration::ZERO,
            took: Duration::ZERO,
        }
    }

    /// Sends the crowd and counts along until the last fan has gone home.
    async fn attend(
        &mut self,
        play: Play,
        sending: Sending,
        mut homes: UnboundedReceiver<Ended>,
    ) -> anyhow::Result<Option<Race>> {
        let mut progress = Progress::new(sending.scenario.fans);
        let sending = Arc::new(sending);
        // Of its own, so that counting never delays an arrival.
        let mut crowd = tokio::spawn(async move {
            match play {
                Play::Sale => crowd::sale(sending).await.map(|()| None),
                Play::OneSeat => race::one_seat(sending).await.map(Some),
            }
        });
        let mut second = tokio::time::interval(SAMPLE_EVERY);
        let race = loop {
            tokio::select! {
                ended = &mut crowd => break ended?,
                Some(ended) = homes.recv() => self.hear(&ended),
                _ = second.tick() => {
                    self.catch_up();
                    progress.show(&self.tally.sample(self.history.now()));
                }
            }
        };
        while let Ok(ended) = homes.try_recv() {
            self.hear(&ended);
        }
        self.catch_up();
        self.took = self.history.now();
        progress.end(&self.tally.sample(self.took));
        race
    }

    fn hear(&mut self, ended: &Ended) {
        // What the fan was told last counts first.
        self.catch_up();
        self.latest = self.latest.max(ended.late);
        self.tally.went_home(ended.fan, &ended.home);
    }

    fn catch_up(&mut self) {
        let fresh: Vec<Entry> = self.history.since(self.known);
        self.known += fresh.len();
        for entry in &fresh {
            self.tally.add(entry);
        }
    }
}
