//! Four gateways tick at once and are killed and started again, fans come, wait, buy, vanish and
//! return through all of them, 2 % of the calls are sent twice, and an operator changes rate and
//! cap twice a second.

use std::time::Duration;

use gateway::line::{Asker, Place, Standing};
use gateway::scheduler::Scheduler;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::ledger::Ledger;
use crate::harness::{Desk, Sandbox, Witness, is_deep, opened, seed};

const GATEWAYS: usize = 4;
const FANS: u64 = 160;
const SECONDS: u64 = 5;
const DEEP_SECONDS: u64 = 300;
/// "nan" is none: the rate before it stays in force. Seven and four have no common factor, so that
/// every rate meets every cap.
const RATES: [&str; 7] = ["0", "60", "0.5", "150", "7", "nan", "20.5"];
const CAPS: [&str; 4] = ["12", "0", "40", "3"];

/// What one fan saw: ticket and standing, in order.
pub(super) type Sightings = Vec<(u64, Standing)>;

pub(super) struct Aftermath {
    pub(super) ledger: Ledger,
    pub(super) sightings: Vec<Sightings>,
}

/// Lets the storm pass and tells what happened.
pub(super) async fn storm() -> Aftermath {
    let config = [
        ("claim_seconds", "1"),
        ("session_seconds", "1"),
        ("max_active", "12"),
    ];
    let (redis, _) = opened(&config).await;
    let witness = Witness::start(&redis).await;
    let mut dice = StdRng::seed_from_u64(seed());
    let seconds = if is_deep() { DEEP_SECONDS } else { SECONDS };
    let end = Instant::now() + Duration::from_secs(seconds);

    let mut gateways = JoinSet::new();
    for _ in 0..GATEWAYS {
        gateways.spawn(keep_dying(Desk::open(&redis), StdRng::from_rng(&mut dice)));
    }
    let desks: Vec<Desk> = (0..GATEWAYS).map(|_| Desk::open(&redis)).collect();
    for desk in &desks {
        gateways.spawn(refresh_for_ever(desk.clone()));
    }
    let mut fans = JoinSet::new();
    for number in 1..=FANS {
        fans.spawn(Fan::new(number, &desks, &mut dice, end).live());
    }
    operate(&redis, &mut dice, end).await;
    let sightings = fans.join_all().await;
    gateways.shutdown().await;
    let ledger = Ledger::read(&witness.finish(&redis).await);
    Aftermath { ledger, sightings }
}

async fn operate(redis: &Sandbox, dice: &mut StdRng, end: Instant) {
    let mut turn = dice.random_range(0..RATES.len() * CAPS.len());
    while Instant::now() < end {
        turn += 1;
        let (rate, cap) = (RATES[turn % RATES.len()], CAPS[turn % CAPS.len()]);
        redis
            .configure(&[("promote_per_second", rate), ("max_active", cap)])
            .await;
        sleep(Duration::from_millis(500)).await;
    }
}

/// A gateway's picture. A call that fails is repeated by the next tick.
async fn refresh_for_ever(desk: Desk) {
    loop {
        let _ = desk.line.refresh().await;
        sleep(Duration::from_millis(100)).await;
    }
}

/// A gateway that ticks for a moment, dies in the middle of something and starts again.
async fn keep_dying(desk: Desk, mut dice: StdRng) {
    loop {
        let scheduler = Scheduler::new(desk.line.clone());
        let life = Duration::from_millis(dice.random_range(100..900));
        let ticking = async {
            loop {
                scheduler.tick().await;
                sleep(Duration::from_millis(dice.random_range(1..60))).await;
            }
        };
        // It never ends by itself: the call at hand is dropped wherever it is.
        let _ = timeout(life, ticking).await;
    }
}

struct Fan {
    number: u64,
    desks: Vec<Desk>,
    dice: StdRng,
    end: Instant,
    is_no_show: bool,
    seen: Sightings,
}

impl Fan {
    fn new(number: u64, desks: &[Desk], dice: &mut StdRng, end: Instant) -> Self {
        Self {
            number,
            desks: desks.to_vec(),
            is_no_show: dice.random_bool(0.6),
            dice: StdRng::from_rng(dice),
            end,
            seen: Sightings::new(),
        }
    }

    async fn live(mut self) -> Sightings {
        while Instant::now() < self.end {
            self.pause(0..400).await;
            let Some(place) = self.join().await else {
                continue;
            };
            self.note(&place);
            if self.is_no_show {
                self.pause(500..2500).await;
            }
            self.stay(place).await;
        }
        self.seen
    }

    /// Polls until the session is over; some leave early, some buy, some let the time run out.
    async fn stay(&mut self, mut place: Place) {
        while Instant::now() < self.end && place.standing != Standing::Over {
            self.pause(20..250).await;
            let is_in = matches!(place.standing, Standing::Active { .. });
            if self.dice.random_bool(if is_in { 0.4 } else { 0.02 }) {
                return self.leave(&place).await;
            }
            if let Some(now) = self.ask(&place).await {
                self.note(&now);
                place = now;
            }
        }
    }

    async fn join(&mut self) -> Option<Place> {
        self.maybe_twice(|desk, number| async move { desk.try_join(number, None).await.ok() })
            .await
    }

    /// Who goes through several gateways says which number was shown last; who stays with one need
    /// not.
    async fn ask(&mut self, place: &Place) -> Option<Place> {
        let token = &place.token();
        let seen = self.roams().then_some(place.standing.position());
        self.maybe_twice(|desk, _| async move {
            let found = desk.line.find(token, Asker::Poll).await;
            Some(found.ok().flatten()?.not_above(seen))
        })
        .await
    }

    const fn roams(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    async fn leave(&mut self, place: &Place) {
        self.maybe_twice(|desk, _| async move {
            desk.line
                .end(&desk.queue, place.user, place.ticket)
                .await
                .ok()
        })
        .await;
    }

    /// Through any gateway, or always the same; 2 % once more through it, as after a timeout.
    async fn maybe_twice<T, F>(&mut self, call: impl Fn(Desk, u64) -> F) -> Option<T>
    where
        F: Future<Output = Option<T>>,
    {
        let any = self.desks.choose(&mut self.dice).expect("four desks");
        let desk = if self.roams() {
            any.clone()
        } else {
            self.desks[0].clone()
        };
        let answer = call(desk.clone(), self.number).await;
        if self.dice.random_bool(0.02) {
            return call(desk, self.number).await;
        }
        answer
    }

    fn note(&mut self, place: &Place) {
        self.seen.push((place.ticket.0, place.standing));
    }

    async fn pause(&mut self, ms: std::ops::Range<u64>) {
        let until = Instant::now() + Duration::from_millis(self.dice.random_range(ms));
        sleep_until(until.min(self.end)).await;
    }
}
