//! The picture says what Redis would say, without being asked.

use std::collections::BTreeMap;

use gateway::line::{Asker, Place, Standing};
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use rand::{Rng, SeedableRng};
use redis::cmd;
use shared::ids::Ticket;

use crate::harness::{Desk, Sandbox, Witness, is_deep, opened, seed};

/// What the picture says; Redis must not have been asked.
async fn by_picture(redis: &Sandbox, desk: &Desk, place: &Place) -> Place {
    let witness = Witness::start(redis).await;
    let found = desk.line.find(&place.token(), Asker::Stream).await;
    let told = witness.finish(redis).await;
    assert!(told.is_empty(), "Redis was asked: {told:?}");
    found.expect("known").expect("a place")
}

async fn refresh(desk: &Desk) {
    desk.line.refresh().await.expect("Redis answers");
}

#[tokio::test]
async fn positions_are_those_of_redis_whatever_happens() {
    let (redis, desk) = opened(&[("max_active", "3"), ("promote_per_second", "1000")]).await;
    let other = Desk::open(&redis);
    let mut dice = StdRng::seed_from_u64(seed());
    let mut fans = BTreeMap::new();
    refresh(&desk).await;
    for number in 1..=if is_deep() { 3000 } else { 150 } {
        fans.insert(number, other.join(number).await);
        match dice.random_range(0..4) {
            0 => drop(other.promote().await),
            1 => {
                let chosen = fans.keys().copied().choose(&mut dice).expect("a fan");
                other.end(&fans[&chosen].token()).await;
                fans.remove(&chosen);
            }
            2 => {
                let inside = redis.members("active").await;
                if let Some(user) = inside.into_iter().choose(&mut dice) {
                    redis.run_out("active", user).await;
                    other.promote().await;
                }
            }
            _ => {}
        }
        refresh(&desk).await;
        for user in redis.members("waiting").await {
            let seen = by_picture(&redis, &desk, &fans[&user]).await;
            let asked = other.look(user).await.expect("a place");
            assert_eq!(seen.standing, asked.standing, "fan {user}");
        }
    }
}

#[tokio::test]
async fn a_session_is_known_with_its_end_and_gone_with_it() {
    let (redis, desk) = opened(&[]).await;
    refresh(&desk).await;
    let place = Desk::open(&redis).join(1).await;
    let Standing::Active { expires_at_ms, .. } = place.standing else {
        panic!("{place:?}");
    };
    refresh(&desk).await;
    let seen = by_picture(&redis, &desk, &place).await;
    let Standing::Active {
        expires_at_ms: ends,
        ..
    } = seen.standing
    else {
        panic!("{seen:?}");
    };
    assert_eq!(ends, expires_at_ms);
    Desk::open(&redis).end(&place.token()).await;
    refresh(&desk).await;
    let seen = by_picture(&redis, &desk, &place).await;
    assert_eq!(seen.standing, Standing::Over);
}

#[tokio::test]
async fn a_line_longer_than_a_page_is_taken_in_whole() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let first = desk.join(1).await;
    let count = 12_000;
    for from in (0..count).step_by(4_000) {
        let mut add = cmd("ZADD");
        add.arg(redis.key("waiting"));
        for number in from..from + 4_000 {
            add.arg(first.ticket.0 + 1 + number).arg(2 + number);
        }
        redis.ask::<u64>(&add).await;
    }
    let last = first.ticket.0 + count;
    redis
        .ask::<()>(cmd("SET").arg(redis.key("ticket")).arg(last))
        .await;
    refresh(&desk).await;
    let mut place = first;
    for number in [1, 4_999, 5_000, 5_001, 11_999] {
        place.user = crate::harness::fan(1 + number);
        place.ticket.0 = last - count + number;
        let seen = by_picture(&redis, &desk, &place).await;
        assert_eq!(
            seen.standing,
            Standing::Waiting {
                position: number + 1
            }
        );
    }
}

#[tokio::test]
async fn a_log_that_was_cut_off_and_a_place_changed_by_hand_are_noticed() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let mut places = Vec::new();
    for user in 1..=5 {
        places.push(desk.join(user).await);
    }
    refresh(&desk).await;
    Desk::open(&redis).end(&places[0].token()).await;
    redis.ask::<()>(cmd("DEL").arg(redis.key("log"))).await;
    refresh(&desk).await;
    let seen = by_picture(&redis, &desk, &places[4]).await;
    assert_eq!(seen.standing, Standing::Waiting { position: 4 });
    redis
        .ask::<()>(cmd("ZREM").arg(redis.key("waiting")).arg(2))
        .await;
    refresh(&desk).await;
    let seen = by_picture(&redis, &desk, &places[4]).await;
    assert_eq!(seen.standing, Standing::Waiting { position: 3 });
}

#[tokio::test]
async fn who_joined_since_the_last_tick_is_known_by_the_counter() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    for user in 1..=3 {
        desk.join(user).await;
    }
    refresh(&desk).await;
    let elsewhere = Desk::open(&redis).join(4).await;
    let seen = by_picture(&redis, &desk, &elsewhere).await;
    assert_eq!(seen.standing, Standing::Waiting { position: 4 });
}

#[tokio::test]
async fn a_counter_that_an_operator_moves_far_ahead_is_followed() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let before = desk.join(1).await;
    refresh(&desk).await;
    let far = before.ticket.0 + 50_000_000;
    redis
        .ask::<()>(cmd("SET").arg(redis.key("ticket")).arg(far))
        .await;
    refresh(&desk).await;
    let after = desk.join(2).await;
    refresh(&desk).await;
    assert_eq!(after.ticket, Ticket(far + 1));
    for (place, position) in [(before, 1), (after, 2)] {
        let seen = by_picture(&redis, &desk, &place).await;
        assert_eq!(seen.standing, Standing::Waiting { position });
    }
}
