//! open, paused, closed and passthrough.

use gateway::line::Standing;
use gateway::refusal::Refusal;

use crate::harness::opened;

#[tokio::test]
async fn paused_takes_everybody_in_line_and_lets_nobody_in() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    for number in 1..=3 {
        assert_eq!(
            desk.join(number).await.standing,
            Standing::Waiting { position: number }
        );
    }
    assert_eq!(desk.promote().await.promoted, 0);
    redis.configure(&[("mode", "open")]).await;
    assert_eq!(desk.promote().await.promoted, 3);
}

#[tokio::test]
async fn closed_refuses_who_comes_and_keeps_who_is_there() {
    let (redis, desk) = opened(&[("max_active", "1")]).await;
    let inside = desk.join(1).await;
    let waiting = desk.join(2).await;
    redis.configure(&[("mode", "closed")]).await;
    assert_eq!(desk.try_join(3, None).await, Err(Refusal::QueueClosed));
    assert_eq!(redis.score("waiting", 3).await, None);
    assert_eq!(
        desk.join(2).await.ticket,
        waiting.ticket,
        "issuing again is no joining"
    );
    assert!(matches!(
        desk.standing(&inside.token()).await,
        Standing::Active { .. }
    ));
    assert_eq!(
        desk.standing(&waiting.token()).await,
        Standing::Waiting { position: 1 }
    );
}

#[tokio::test]
async fn closed_gives_a_forgotten_and_a_missed_place_back() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let forgotten = desk.join(1).await;
    let called = desk.join(2).await;
    redis.restart().await;
    redis
        .ask::<()>(redis::cmd("ZREM").arg(redis.key("waiting")).arg(1))
        .await;
    redis.configure(&[("mode", "closed")]).await;
    assert_eq!(
        desk.join_with(&forgotten.token()).await.ticket,
        forgotten.ticket
    );
    redis.set_state("hold", 0).await;
    redis.set_state("bucket", 9).await;
    redis.configure(&[("mode", "open")]).await;
    desk.promote().await;
    redis.run_out("active", 2).await;
    redis.configure(&[("mode", "closed")]).await;
    let back = desk.join(2).await;
    assert_eq!((back.ticket, back.standing.position()), (called.ticket, 1));
}

#[tokio::test]
async fn passthrough_lets_everybody_in_at_once() {
    let few = [
        ("max_active", "1"),
        ("promote_per_second", "0"),
        ("mode", "paused"),
    ];
    let (redis, desk) = opened(&few).await;
    let waited = desk.join(1).await;
    redis.configure(&[("mode", "passthrough")]).await;
    for number in 2..=5 {
        let place = desk.join(number).await;
        assert!(
            matches!(place.standing, Standing::Active { .. }),
            "{place:?}"
        );
    }
    desk.promote().await;
    let now = desk.ask(&waited.token()).await;
    assert!(matches!(now.standing, Standing::Active { .. }), "{now:?}");
    redis.configure(&[("mode", "open")]).await;
    assert_eq!(
        desk.join(6).await.standing,
        Standing::Waiting { position: 1 }
    );
}
