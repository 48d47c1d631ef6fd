//! A call that timed out may have run. Every script is sent twice here; the second changes nothing.

use std::slice;

use gateway::line::Standing;
use gateway::store::Leaver;

use crate::harness::{fan, opened};

#[tokio::test]
async fn a_repeated_join_is_the_same_place() {
    let (redis, desk) = opened(&[("max_active", "1")]).await;
    for user in [1, 2] {
        let first = desk.join(user).await;
        let before = redis.contents().await;
        let second = desk.join(user).await;
        assert_eq!(first.ticket, second.ticket);
        assert_eq!(redis.contents().await, before);
    }
}

#[tokio::test]
async fn a_repeated_promote_lets_nobody_in_twice_and_nobody_too_many() {
    let (redis, desk) = opened(&[("mode", "paused"), ("max_active", "2")]).await;
    for user in 1..=5 {
        desk.join(user).await;
    }
    redis.configure(&[("mode", "open")]).await;
    for promoted in [2, 0] {
        let step = desk
            .store
            .promote(&desk.queue, 200)
            .await
            .expect("Redis answers");
        assert_eq!(step.promoted, promoted);
    }
    assert_eq!(
        (redis.size("active").await, redis.size("waiting").await),
        (2, 3)
    );
}

#[tokio::test]
async fn a_repeated_purge_counts_no_miss_twice() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let token = desk.join(1).await.token();
    redis.configure(&[("mode", "open")]).await;
    desk.promote().await;
    redis.run_out("active", 1).await;
    for lapsed in [1, 0] {
        assert_eq!(
            desk.store
                .purge(&desk.queue, 500)
                .await
                .expect("Redis answers"),
            lapsed
        );
    }
    assert_eq!(redis.record(1).await, Some(format!("{}:0:1", token.ticket)));
}

#[tokio::test]
async fn a_repeated_where_claims_once_and_restores_once() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let called = desk.join(1).await.token();
    let forgotten = desk.join(2).await.token();
    redis
        .configure(&[("mode", "open"), ("max_active", "1")])
        .await;
    desk.promote().await;
    redis.restart().await;
    redis
        .ask::<()>(redis::cmd("ZREM").arg(redis.key("waiting")).arg(2))
        .await;
    for token in [called, forgotten] {
        let first = desk.ask(&token).await;
        let before = redis.contents().await;
        let second = desk.ask(&token).await;
        assert_eq!((first.ticket, first.epoch), (second.ticket, second.epoch));
        assert_eq!(redis.contents().await, before);
    }
}

#[tokio::test]
async fn a_repeated_end_ends_nothing_more() {
    let (redis, desk) = opened(&[]).await;
    let token = desk.join(1).await.token();
    let leaver = Leaver {
        user: fan(1),
        ticket: token.ticket,
    };
    let end = || desk.store.end(&desk.queue, slice::from_ref(&leaver));
    assert_eq!(end().await.expect("Redis answers"), [true]);
    let before = redis.contents().await;
    assert_eq!(end().await.expect("Redis answers"), [false]);
    assert_eq!(redis.contents().await, before);
    assert_eq!(desk.standing(&token).await, Standing::Over);
}

#[tokio::test]
async fn an_end_for_who_never_joined_ends_nobody() {
    let (redis, desk) = opened(&[]).await;
    let token = desk.join(1).await.token();
    let other = Leaver {
        user: fan(2),
        ticket: token.ticket,
    };
    let ended = desk.store.end(&desk.queue, &[other]).await;
    assert_eq!(ended.expect("Redis answers"), [false]);
    assert!(redis.score("active", 1).await.is_some());
}
