//! The guard: a Redis that was restarted, flushed or restored is noticed by whatever asks first,
//! and nobody is let in until those who were there have had the time to come back.

use std::time::Duration;

use gateway::line::Standing;
use shared::ids::Ticket;

use crate::harness::{Desk, Sandbox, eventually, fan, main_queue, opened};

#[tokio::test]
async fn a_first_start_without_state_holds() {
    let redis = Sandbox::open().await;
    let desk = Desk::open(&redis);
    let place = desk.join(1).await;
    assert_eq!(place.standing, Standing::Waiting { position: 1 });
    assert!((14_000..=15_000).contains(&desk.promote().await.hold_ms));
    nobody_is_promoted_with_tokens_in_the_bucket(&redis, &desk).await;
    redis.set_state("hold", redis.now_ms().await).await;
    assert_eq!(desk.promote().await.promoted, 1);
}

async fn nobody_is_promoted_with_tokens_in_the_bucket(redis: &Sandbox, desk: &Desk) {
    eventually("the bucket has a token", || async {
        assert_eq!(desk.promote().await.promoted, 0, "the hold is in force");
        let bucket = redis.field("state", "bucket").await.expect("a bucket");
        (bucket.parse::<f64>().expect("a number") > 1.5).then_some(())
    })
    .await;
    assert_eq!(desk.promote().await.promoted, 0, "the hold is in force");
}

#[tokio::test]
async fn a_created_queue_lets_in_at_once_and_has_the_default_config() {
    let (redis, desk) = opened(&[]).await;
    assert!(matches!(
        desk.join(1).await.standing,
        Standing::Active { .. }
    ));
    let promotion = desk.promote().await;
    assert_eq!((promotion.hold_ms, promotion.max_active), (0, 1000));
    assert_eq!((promotion.rate, promotion.mode.as_str()), (50.0, "open"));
    assert!(promotion.bad.is_empty(), "{:?}", promotion.bad);
    for (field, value) in [("session_seconds", "600"), ("claim_seconds", "15")] {
        assert_eq!(redis.field("config", field).await.as_deref(), Some(value));
    }
}

#[tokio::test]
async fn creating_it_again_changes_nothing() {
    let (redis, desk) = opened(&[("max_active", "7")]).await;
    let token = desk.join(1).await.token();
    let before = (redis.contents().await, redis.state_number("epoch").await);
    assert!(!desk.create().await);
    redis.restart().await;
    assert!(!desk.create().await, "a loss is not for create to decide");
    assert_eq!(
        (redis.contents().await, redis.state_number("epoch").await),
        before
    );
    assert!(matches!(
        desk.standing(&token).await,
        Standing::Active { .. }
    ));
}

#[tokio::test]
async fn what_the_operator_wrote_before_the_first_start_stands() {
    let redis = Sandbox::open().await;
    redis
        .configure(&[("max_active", "3"), ("mode", "paused")])
        .await;
    let desk = Desk::open(&redis);
    assert!(desk.create().await);
    let promotion = desk.promote().await;
    assert_eq!(
        (promotion.max_active, promotion.mode.as_str()),
        (3, "paused")
    );
}

#[tokio::test]
async fn another_run_id_begins_an_epoch_with_a_hold_and_an_empty_bucket() {
    let (redis, desk) = opened(&[("max_active", "1"), ("promote_per_second", "20")]).await;
    let inside = desk.join(1).await;
    let waiting = desk.join(2).await;
    redis.set_state("high", waiting.ticket).await;
    redis.restart().await;
    let promotion = desk.promote().await;
    assert!(
        (14_000..=15_000).contains(&promotion.hold_ms),
        "{promotion:?}"
    );
    assert_eq!(
        (promotion.max_active, promotion.rate),
        (1, 20.0),
        "the config survives"
    );
    assert_eq!(
        redis.state_number("high").await,
        waiting.ticket.0,
        "H never falls"
    );
    let now = desk.ask(&inside.token()).await;
    assert!(
        matches!(now.standing, Standing::Active { .. }),
        "a session goes on"
    );
    assert!(now.epoch > inside.epoch);
    redis.configure(&[("max_active", "9")]).await;
    nobody_is_promoted_with_tokens_in_the_bucket(&redis, &desk).await;
}

#[tokio::test]
async fn the_counter_jumps_above_every_ticket_that_may_be_out_there() {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    desk.join(1).await;
    redis
        .ask::<()>(redis::cmd("SET").arg(redis.key("ticket")).arg(5))
        .await;
    redis.restart().await;
    let by_clock = (redis.now_ms().await - 1_735_689_600_000) * 100;
    assert!(desk.join(2).await.ticket > Ticket(by_clock));
    let far_ahead = by_clock * 2;
    redis
        .ask::<()>(redis::cmd("SET").arg(redis.key("ticket")).arg(far_ahead))
        .await;
    redis.restart().await;
    assert_eq!(
        desk.join(3).await.ticket,
        Ticket(far_ahead + 1),
        "it never falls either"
    );
}

#[tokio::test]
async fn every_script_that_writes_notices_by_itself() {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    let token = desk.join(1).await.token();
    let (queue, proof) = (main_queue(), Some((token.ticket, token.epoch)));
    let mut before = redis.state_number("epoch").await;
    for script in ["join", "promote", "purge", "where", "end"] {
        redis.restart().await;
        match script {
            "join" => drop(desk.join(2).await),
            "promote" => drop(desk.store.promote(&queue, 1).await.expect("Redis answers")),
            "purge" => drop(desk.store.purge(&queue, 1).await.expect("Redis answers")),
            "where" => drop(desk.store.locate(&queue, fan(1), proof, true).await),
            _ => desk.end(&token).await,
        }
        let epoch = redis.state_number("epoch").await;
        assert!(epoch > before, "{script}");
        assert!(
            redis.state_number("hold").await > redis.now_ms().await,
            "{script}"
        );
        before = epoch;
    }
}

#[tokio::test]
async fn the_hold_is_as_long_as_it_was_set() {
    let redis = Sandbox::open().await;
    let hold = Duration::from_mins(1);
    let desk = Desk::with_lifetimes(&redis, hold, Duration::from_mins(1));
    assert!((59_000..=60_000).contains(&desk.promote().await.hold_ms));
}
