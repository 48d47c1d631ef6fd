//! 5. No-shows cost seconds.
//!
//! Who went quiet is passed over, who does not come gives the slot on, and both may return.

use gateway::line::Standing;

use crate::harness::{Desk, Sandbox, fan, opened};

const Q_MS: u64 = 15_000;

/// Fans 1 to 3 wait and have been near the front for long; fan 2 was seen just now.
async fn near_the_front() -> (Sandbox, Desk) {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    for user in 1..=3 {
        desk.join(user).await;
    }
    tick(&desk, &[]).await;
    long_ago(&redis).await;
    tick(&desk, &[2]).await;
    redis
        .configure(&[("mode", "open"), ("max_active", "1")])
        .await;
    (redis, desk)
}

/// One tick of a picture that has seen these users.
async fn tick(desk: &Desk, seen: &[u64]) {
    let seen: Vec<_> = seen.iter().map(|user| fan(*user)).collect();
    let version = (shared::ids::Epoch(0), 0);
    let told = desk.store.tick(&desk.queue, version, &seen).await;
    told.expect("Redis answers");
}

/// What was marked is a full Q ago, and no gap was seen since.
async fn long_ago(redis: &Sandbox) {
    let marks = redis.field("state", "front").await.expect("marks");
    let (_, ticket) = marks.rsplit_once(':').expect("ms:ticket");
    let now = redis.now_ms().await;
    redis
        .set_state("front", format!("{}:{ticket}", now - Q_MS - 1))
        .await;
    redis.set_state("amnesty", now - 1).await;
}

#[tokio::test]
async fn promise_5_who_is_quiet_is_passed_over_and_costs_no_slot() {
    let (redis, desk) = near_the_front().await;
    assert_eq!(desk.promote().await.promoted, 1);
    assert_eq!(redis.members("active").await, [2]);
    assert_eq!(redis.members("parked").await, [1]);
    assert_eq!(redis.members("waiting").await, [3]);
}

#[tokio::test]
async fn promise_5_who_was_passed_over_comes_back_to_the_front() {
    let (redis, desk) = near_the_front().await;
    desk.promote().await;
    let back = desk.look(1).await.expect("a place");
    assert_eq!(back.standing, Standing::Waiting { position: 1 });
    redis.configure(&[("max_active", "2")]).await;
    desk.promote().await;
    assert_eq!(redis.members("active").await.len(), 2);
    assert!(redis.members("active").await.contains(&1), "before fan 3");
}

#[tokio::test]
async fn promise_5_nobody_is_quiet_who_was_not_near_the_front_for_long() {
    let (redis, desk) = near_the_front().await;
    let now = redis.now_ms().await;
    redis
        .set_state(
            "front",
            format!("{}:{}", now - Q_MS + 5_000, redis.counter().await),
        )
        .await;
    desk.promote().await;
    assert_eq!(redis.members("active").await, [1]);
}

#[tokio::test]
async fn promise_5_after_a_gap_between_ticks_nobody_is_quiet() {
    for judge_first in [true, false] {
        let (redis, desk) = near_the_front().await;
        let now = redis.now_ms().await;
        redis.set_state("ticked_at", now - 2_500).await;
        if !judge_first {
            tick(&desk, &[]).await;
        }
        desk.promote().await;
        assert_eq!(redis.members("active").await, [1], "{judge_first}");
    }
}

#[tokio::test]
async fn promise_5_a_new_epoch_judges_nobody() {
    let (redis, desk) = near_the_front().await;
    redis.restart().await;
    tick(&desk, &[]).await;
    redis.set_state("hold", 0).await;
    redis.set_state("bucket", 5).await;
    redis.set_state("amnesty", 0).await;
    desk.promote().await;
    assert_eq!(redis.members("active").await, [1]);
}

#[tokio::test]
async fn promise_5_the_front_is_as_long_as_the_rate_needs() {
    for (rate, near) in [("0", 200), ("50", 1875), ("1000", 5000)] {
        let (_redis, desk) = opened(&[("promote_per_second", rate)]).await;
        let version = (shared::ids::Epoch(0), 0);
        let told = desk.store.tick(&desk.queue, version, &[]).await;
        assert_eq!(told.expect("Redis answers").near, near, "at {rate}");
    }
}
