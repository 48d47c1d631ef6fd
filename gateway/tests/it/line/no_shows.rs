//! Who is called and not there: parked, back within the grace, out with the third miss.

use std::time::Duration;

use gateway::line::Standing;
use shared::token::QueueToken;

use crate::harness::{Desk, Sandbox, opened};

/// Fan 1 was called and has missed the claim.
async fn missed() -> (Sandbox, Desk, QueueToken) {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let token = desk.join(1).await.token();
    call_and_miss(&redis, &desk).await;
    (redis, desk, token)
}

async fn call_and_miss(redis: &Sandbox, desk: &Desk) {
    redis.configure(&[("mode", "open")]).await;
    assert_eq!(desk.promote().await.promoted, 1);
    redis.run_out("active", 1).await;
    redis.configure(&[("mode", "paused")]).await;
    desk.promote().await;
}

#[tokio::test]
async fn a_missed_claim_parks_for_five_minutes_and_gives_the_slot_on() {
    let (redis, _desk, token) = missed().await;
    assert_eq!(redis.size("active").await, 0);
    let grace = redis.score("parked", 1).await.expect("parked") - redis.now_ms().await;
    assert!((290_000..=300_000).contains(&grace), "{grace} ms");
    assert_eq!(redis.record(1).await, Some(format!("{}:0:1", token.ticket)));
}

#[tokio::test]
async fn a_session_that_runs_out_while_others_wait_is_noticed_by_the_next_tick() {
    let (redis, desk) = opened(&[("max_active", "1")]).await;
    desk.join(1).await;
    desk.join(2).await;
    desk.line.refresh().await.expect("Redis answers");
    let nudged = |within| tokio::time::timeout(within, desk.line.nudged());
    // What the joins themselves have said.
    let _said = nudged(Duration::from_millis(50)).await;
    desk.line.refresh().await.expect("Redis answers");
    let still_full = nudged(Duration::from_millis(50)).await;
    assert!(still_full.is_err(), "nothing has happened");
    redis.run_out("active", 1).await;
    desk.line.refresh().await.expect("Redis answers");
    let freed = nudged(Duration::from_secs(1)).await;
    assert!(freed.is_ok(), "a slot has become free");
    assert_eq!(desk.promote().await.promoted, 1);
}

#[tokio::test]
async fn issuing_asking_and_looking_bring_a_parked_fan_back_to_the_same_ticket() {
    for way in 0..3 {
        let (redis, desk, token) = missed().await;
        let place = match way {
            0 => desk.join(1).await,
            1 => desk.ask(&token).await,
            _ => desk.look(1).await.expect("a place"),
        };
        assert_eq!(place.ticket, token.ticket);
        assert_eq!(place.standing, Standing::Waiting { position: 1 });
        assert_eq!(redis.score("parked", 1).await, None);
        assert_eq!(redis.score("waiting", 1).await, Some(token.ticket.0));
    }
}

#[tokio::test]
async fn the_third_miss_ends_the_place() {
    let (redis, desk, token) = missed().await;
    for _ in 0..2 {
        assert_eq!(
            desk.standing(&token).await,
            Standing::Waiting { position: 1 }
        );
        call_and_miss(&redis, &desk).await;
    }
    assert_eq!(redis.score("parked", 1).await, None);
    assert_eq!(desk.standing(&token).await, Standing::Over);
    assert_eq!(redis.record(1).await, None);
    assert!(desk.join(1).await.ticket > token.ticket);
}

#[tokio::test]
async fn a_claim_after_a_return_is_a_whole_session() {
    let (redis, desk, token) = missed().await;
    desk.ask(&token).await;
    redis.configure(&[("mode", "open")]).await;
    assert_eq!(desk.promote().await.promoted, 1);
    let Standing::Active { expires_in_ms, .. } = desk.standing(&token).await else {
        panic!("called again");
    };
    assert_eq!(expires_in_ms, 600_000);
}

#[tokio::test]
async fn after_the_grace_the_place_is_over_however_it_is_noticed() {
    for way in 0..4 {
        let (redis, desk, token) = missed().await;
        redis.run_out("parked", 1).await;
        match way {
            0 => drop(desk.promote().await),
            1 => drop(desk.ask(&token).await),
            2 => drop(desk.look(1).await),
            _ => assert!(desk.join(1).await.ticket > token.ticket),
        }
        assert_eq!(desk.standing(&token).await, Standing::Over, "way {way}");
        assert_eq!(
            redis.field("spent", "1").await,
            Some(token.ticket.to_string())
        );
    }
}

#[tokio::test]
async fn a_parked_fan_can_leave() {
    let (redis, desk, token) = missed().await;
    desk.end(&token).await;
    assert_eq!(redis.score("parked", 1).await, None);
    assert_eq!(desk.standing(&token).await, Standing::Over);
}

#[tokio::test]
async fn a_returner_is_called_before_those_who_never_were() {
    let (redis, desk, token) = missed().await;
    let behind = desk.join(2).await;
    desk.ask(&token).await;
    redis
        .configure(&[("mode", "open"), ("max_active", "1")])
        .await;
    desk.promote().await;
    assert_eq!(redis.members("active").await, [1]);
    assert_eq!(
        desk.standing(&behind.token()).await,
        Standing::Waiting { position: 1 }
    );
}
