//! 2. Cap and rate hold under every interleaving of gateways, ticks, kills and restarts.

use super::storm::storm;
use crate::harness::{Desk, opened};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_2_cap_holds_over_four_gateways() {
    let ledger = storm().await.ledger;
    let count = ledger.promotions.len();
    assert!(count >= 30, "only {count} promotions prove nothing");
    let breaches = ledger.breaches_of_the_cap();
    assert!(
        breaches.is_empty(),
        "{} of {count}: {breaches:?}",
        breaches.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_2_rate_holds_in_every_window_over_four_gateways() {
    let ledger = storm().await.ledger;
    let count = ledger.promotions.len();
    assert!(count >= 30, "only {count} promotions prove nothing");
    let breaches = ledger.breaches_of_the_rate();
    assert!(breaches.is_empty(), "{}: {breaches:?}", breaches.len());
}

#[tokio::test]
async fn promise_2_a_thousand_joins_at_once_fill_the_house_and_no_more() {
    let (redis, desk) = opened(&[("max_active", "20"), ("promote_per_second", "1000")]).await;
    let desks = [
        desk,
        Desk::open(&redis),
        Desk::open(&redis),
        Desk::open(&redis),
    ];
    let joins = (1..=1000).map(|number| desks[number % 4].join(number as u64));
    futures_util::future::join_all(joins).await;
    assert_eq!(redis.size("active").await, 20);
    assert_eq!(redis.size("waiting").await, 980);
}

#[tokio::test]
async fn promise_2_lowering_the_cap_throws_nobody_out() {
    let (redis, desk) = opened(&[("max_active", "5")]).await;
    let mut places = Vec::new();
    for number in 1..=6 {
        places.push(desk.join(number).await);
    }
    redis.configure(&[("max_active", "2")]).await;
    desk.promote().await;
    assert_eq!(redis.size("active").await, 5);
    for left in [4, 3, 2] {
        desk.end(&places[left].token()).await;
        assert_eq!(
            desk.promote().await.promoted,
            0,
            "{left} inside is the cap or more"
        );
    }
    desk.end(&places[1].token()).await;
    assert_eq!(desk.promote().await.promoted, 1);
}

#[tokio::test]
async fn promise_2_a_rate_of_zero_lets_nobody_in_and_a_raise_pays_nothing_back() {
    let (redis, desk) = opened(&[("promote_per_second", "0")]).await;
    desk.promote().await;
    for number in 1..=5 {
        desk.join(number).await;
    }
    redis
        .set_state("charged_at", redis.now_ms().await - 60_000)
        .await;
    redis.configure(&[("promote_per_second", "0.001")]).await;
    assert_eq!(
        desk.promote().await.promoted,
        0,
        "the minute was paid at the rate of zero"
    );
    redis
        .set_state("charged_at", redis.now_ms().await - 1_000_000)
        .await;
    assert_eq!(
        desk.promote().await.promoted,
        1,
        "a small rate saves up one token, not less"
    );
}
