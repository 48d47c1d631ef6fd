//! Sending the crowd: who goes when, through which connections, and what they do together.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use super::arrivals::arrivals;
use super::character::Character;
use super::visit::{Home, visit};
use crate::client::Client;
use crate::fan::{Crowd, Fan};
use crate::hall::Hall;
use crate::history::History;
use crate::scenario::Scenario;

/// So many fans share connections, as the phones behind one provider's address do. Each group has a
/// loopback address of its own: one address has ports for some 28,000 connections to one door.
const FANS_A_GROUP: u64 = 5_000;
/// Friends tell each other what they see of the hall.
const PICTURE_IS_GOOD_FOR: Duration = Duration::from_secs(1);

/// Everything that sending a crowd takes.
pub(super) struct Sending {
    pub(super) scenario: Scenario,
    pub(super) users: Range<u64>,
    pub(super) groups: Vec<Crowd>,
    pub(super) hall: Hall,
    /// When the last fans go home, whatever they have.
    pub(super) closing: Instant,
    /// Told of each fan who goes home.
    pub(super) homes: UnboundedSender<Ended>,
}

/// One fan's way home.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) fan: u64,
    pub(super) home: Home,
    /// How much later than planned the fan knocked: the crowd's own slowness.
    pub(super) late: Duration,
}

/// The crowd in groups, at these doors.
pub(super) fn groups(
    scenario: &Scenario,
    doors: &[String],
    history: &History,
    seed: u64,
) -> Vec<Crowd> {
    let is_local = doors.iter().all(|door| door.starts_with("127."));
    let group = |number: u64| {
        // The first group comes from wherever the system lets it.
        let last = u8::try_from(number + 1).unwrap_or(u8::MAX);
        let own = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
        let from = (is_local && number > 0).then_some(own);
        Crowd {
            doors: doors.into(),
            client: Client::with(scenario.temper.patience, from),
            history: history.clone(),
            seed,
        }
    };
    (0..scenario.fans.div_ceil(FANS_A_GROUP))
        .map(group)
        .collect()
}

/// How fans of this scenario look at the hall.
pub(super) fn hall(scenario: &Scenario, concert: Option<u64>) -> Hall {
    Hall::seen_by_friends(PICTURE_IS_GOOD_FOR, scenario.temper.favourites).of_concert(concert)
}

impl Sending {
    fn group(&self, number: u64) -> &Crowd {
        let group = usize::try_from(number / FANS_A_GROUP).unwrap_or(0);
        &self.groups[group.min(self.groups.len() - 1)]
    }

    pub(super) fn seed(&self) -> u64 {
        self.groups[0].seed
    }

    pub(super) fn fan(&self, number: u64) -> Fan {
        let thinks = self.scenario.temper.think_ms.clone();
        Fan::new(self.users.start + number, self.group(number))
            .thinking(thinks)
            .home_by(self.closing)
    }

    /// Whoever listened is gone only when the run has failed.
    pub(super) fn tell(&self, fan: u64, home: Home, late: Duration) {
        let _heard = self.homes.send(Ended { fan, home, late });
    }
}

/// Everyone for himself: returns when the last one has gone home.
pub(super) async fn sale(sending: Arc<Sending>) -> anyhow::Result<()> {
    let began = Instant::now();
    let (scenario, seed) = (&sending.scenario, sending.seed());
    let mut visits = JoinSet::new();
    for (number, at) in (0..).zip(arrivals(scenario.fans, scenario.arrive_within, seed)) {
        tokio::time::sleep_until((began + at).into()).await;
        let own = Arc::clone(&sending);
        visits.spawn(async move {
            let late = began.elapsed().saturating_sub(at);
            let fan = own.fan(number);
            let user = fan.user();
            let character = Character::of(user, seed, &own.scenario.temper);
            let home = visit(fan, character, own.hall.clone(), own.group(number)).await;
            own.tell(user, home, late);
        });
    }
    while let Some(visit) = visits.join_next().await {
        visit?;
    }
    Ok(())
}
