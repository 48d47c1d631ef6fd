//! 3. The number never goes up. (Missing the claim turns 0 into 1: the one exception.)

use std::collections::BTreeMap;

use futures_util::future::join_all;
use gateway::line::{Place, Standing};
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use rand::{Rng, SeedableRng};

use super::storm::storm;
use crate::harness::{Desk, Sandbox, is_deep, opened, seed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_3_no_fan_sees_a_number_rise_in_a_storm() {
    for seen in storm().await.sightings {
        for pair in seen.windows(2) {
            let ((ticket, before), (same, after)) = (pair[0], pair[1]);
            let rose = after.position() > before.position();
            let has_missed = matches!(before, Standing::Active { .. }) && after.position() == 1;
            assert!(
                ticket != same || !rose || has_missed,
                "{before:?} then {after:?}: {seen:?}"
            );
        }
    }
}

/// A hall in which one thing happens after the other, with everybody's number looked at each time.
struct Hall {
    redis: Sandbox,
    desk: Desk,
    dice: StdRng,
    fans: BTreeMap<u64, Place>,
    next: u64,
}

#[tokio::test]
async fn promise_3_no_number_rises_by_joins_leaves_promotions_no_shows_and_returners() {
    let mut hall = Hall::open().await;
    for _ in 0..20 {
        hall.arrive().await;
    }
    for _ in 0..if is_deep() { 5000 } else { 250 } {
        hall.something_happens().await;
        hall.look_at_every_number().await;
    }
    assert!(
        hall.redis.state_number("high").await > 0,
        "somebody was called"
    );
}

impl Hall {
    async fn open() -> Self {
        let (redis, desk) = opened(&[("max_active", "4")]).await;
        Self {
            redis,
            desk,
            dice: StdRng::seed_from_u64(seed()),
            fans: BTreeMap::new(),
            next: 0,
        }
    }

    async fn something_happens(&mut self) {
        match self.dice.random_range(0..10) {
            0..3 => self.arrive().await,
            3 => self.leave().await,
            4..6 => drop(self.desk.promote().await),
            6..9 => self.time_runs_out().await,
            _ => self.come_back().await,
        }
    }

    async fn arrive(&mut self) {
        self.next += 1;
        let place = self.desk.join(self.next).await;
        self.fans.insert(self.next, place);
    }

    async fn leave(&mut self) {
        if let Some(user) = self.fans.keys().copied().choose(&mut self.dice) {
            let place = self.fans.remove(&user).expect("chosen among them");
            self.desk.end(&place.token()).await;
        }
    }

    /// A session ends, or a called fan misses the claim; half of them let the next tick notice.
    async fn time_runs_out(&mut self) {
        let inside = self.redis.members("active").await;
        if let Some(user) = inside.into_iter().choose(&mut self.dice) {
            self.redis.run_out("active", user).await;
        }
        if self.dice.random_bool(0.5) {
            self.desk.promote().await;
        }
    }

    async fn come_back(&mut self) {
        let parked = self.redis.members("parked").await;
        if let Some(place) = parked
            .into_iter()
            .choose(&mut self.dice)
            .map(|user| &self.fans[&user])
        {
            assert_eq!(self.desk.standing(&place.token()).await.position(), 1);
        }
    }

    async fn look_at_every_number(&mut self) {
        let waiting = self.redis.members("waiting").await;
        let places = join_all(waiting.iter().map(|user| self.desk.look(*user))).await;
        for now in places.into_iter().flatten() {
            let before = self
                .fans
                .insert(now.user.get(), now.clone())
                .expect("a fan");
            let is_back = !matches!(before.standing, Standing::Waiting { .. });
            let (was, is) = (before.standing.position(), now.standing.position());
            assert!(is <= was || (is_back && is == 1), "{before:?} then {now:?}");
        }
    }
}
