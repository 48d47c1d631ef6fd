//! Many at once: joins in one call, purges and promotions in steps.

use gateway::line::Place;
use gateway::store::{Joined, Joiner, Leaver};

use crate::harness::{Desk, Sandbox, fan, opened};

fn joiner(user: u64) -> Joiner {
    Joiner {
        user: fan(user),
        proof: None,
    }
}

#[tokio::test]
async fn a_batch_of_joins_fills_the_room_and_queues_the_rest_in_order() {
    let (redis, desk) = opened(&[("max_active", "2")]).await;
    let counter = redis.counter().await;
    let batch = [5, 3, 4, 5].map(joiner);
    let joins = desk
        .store
        .join(&desk.queue, &batch)
        .await
        .expect("Redis answers");
    assert_eq!(joins.promoted, 2);
    assert_eq!(ticket_if_active(&joins.fans[0]), Some(counter + 1));
    assert_eq!(ticket_if_active(&joins.fans[1]), Some(counter + 2));
    assert!(
        matches!(joins.fans[2], Joined::Waiting { position: 1, .. }),
        "{joins:?}"
    );
    assert_eq!(
        joins.fans[3], joins.fans[0],
        "the same fan twice is one place"
    );
    assert_eq!(redis.counter().await, counter + 3);
}

const fn ticket_if_active(joined: &Joined) -> Option<u64> {
    match joined {
        Joined::Active { ticket, .. } => Some(ticket.0),
        _ => None,
    }
}

#[tokio::test]
async fn a_batch_restores_some_and_queues_others() {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    let old = desk.join(1).await.token();
    redis.lose_everything().await;
    redis.configure(&[("max_active", "0")]).await;
    let back = Joiner {
        user: fan(1),
        proof: Some((old.ticket, old.epoch)),
    };
    let joins = desk
        .store
        .join(&desk.queue, &[joiner(2), back])
        .await
        .expect("Redis answers");
    assert!(
        matches!(joins.fans[0], Joined::Waiting { position: 2, .. }),
        "{joins:?}"
    );
    let at_its_own = Joined::Waiting {
        ticket: old.ticket,
        position: 1,
    };
    assert_eq!(joins.fans[1], at_its_own);
}

/// 1200 claimed sessions that have run out.
async fn many_ran_out() -> (Sandbox, Desk) {
    let (redis, desk) = opened(&[]).await;
    let (mut members, mut records) = (redis::cmd("ZADD"), redis::cmd("HSET"));
    members.arg(redis.key("active"));
    records.arg(redis.key("fan"));
    for user in 1..=1200 {
        members.arg(1).arg(user);
        records.arg(user).arg(format!("{user}:1:0"));
    }
    redis.ask::<()>(&members).await;
    redis.ask::<()>(&records).await;
    (redis, desk)
}

#[tokio::test]
async fn a_purge_ends_no_more_than_its_limit_and_says_how_many() {
    let (redis, desk) = many_ran_out().await;
    for expected in [500, 500, 200, 0] {
        let purged = desk
            .store
            .purge(&desk.queue, 500)
            .await
            .expect("Redis answers");
        assert_eq!(purged, expected);
    }
    assert_eq!(redis.size("active").await, 0);
    let spent: u64 = redis.ask(redis::cmd("HLEN").arg(redis.key("spent"))).await;
    assert_eq!(spent, 1200);
}

#[tokio::test]
async fn a_step_that_leaves_something_to_purge_asks_for_another() {
    let (redis, desk) = many_ran_out().await;
    let step = desk
        .store
        .promote(&desk.queue, 200)
        .await
        .expect("Redis answers");
    assert!(step.more);
    assert_eq!(redis.size("active").await, 700);
    assert!(!desk.promote().await.more);
    assert_eq!(redis.size("active").await, 0);
}

#[tokio::test]
async fn a_tick_promotes_in_steps_until_room_or_rate_is_used_up() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let fans: Vec<Joiner> = (1..=700).map(joiner).collect();
    desk.store
        .join(&desk.queue, &fans)
        .await
        .expect("Redis answers");
    redis
        .configure(&[("mode", "open"), ("promote_per_second", "300")])
        .await;
    redis.set_state("rate", 300).await;
    redis.set_state("bucket", 600).await;
    let step = desk
        .store
        .promote(&desk.queue, 200)
        .await
        .expect("Redis answers");
    assert_eq!((step.promoted, step.more), (200, true));
    let rest = desk.promote().await;
    assert!(
        (400..500).contains(&rest.promoted),
        "what the bucket had: {rest:?}"
    );
    assert!(!rest.more);
    assert_eq!(redis.size("active").await, 200 + rest.promoted);
}

#[tokio::test]
async fn a_batch_of_ends_spares_later_places_and_spends_every_ticket() {
    let (redis, desk) = opened(&[("max_active", "2")]).await;
    let mut places = Vec::new();
    for user in 1..=3 {
        places.push(desk.join(user).await);
    }
    desk.end(&places[1].token()).await;
    let again = desk.join(2).await;
    let mut leavers: Vec<Leaver> = places.iter().map(leaver).collect();
    leavers.push(Leaver {
        user: fan(4),
        ..leavers[0]
    });
    let ended = desk.store.end(&desk.queue, &leavers).await;
    assert_eq!(ended.expect("Redis answers"), [true, false, true, false]);
    assert_eq!(redis.members("active").await, Vec::<u64>::new());
    assert_eq!(redis.members("waiting").await, [again.user.get()]);
    for leaver in &leavers {
        let spent = redis.spent(&leaver.user.to_string()).await;
        assert_eq!(spent, Some(leaver.ticket.0.to_string()));
    }
}

fn leaver(place: &Place) -> Leaver {
    Leaver {
        user: place.user,
        ticket: place.ticket,
    }
}
