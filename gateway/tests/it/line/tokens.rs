//! What a good signature proves: not that a place is live, only whose and which it was.

use gateway::line::Standing;

use crate::harness::{Desk, Sandbox, opened, queue_token};

async fn full() -> (Sandbox, Desk) {
    opened(&[("max_active", "0")]).await
}

#[tokio::test]
async fn the_ticket_before_a_rejoin_is_refused_and_the_new_one_is_good() {
    let (_redis, desk) = full().await;
    let old = desk.join(1).await.token();
    desk.end(&old).await;
    let new = desk.join(1).await.token();
    assert_eq!(desk.standing(&old).await, Standing::Over);
    assert_eq!(desk.standing(&new).await, Standing::Waiting { position: 1 });
}

#[tokio::test]
async fn an_old_ticket_is_refused_although_the_user_is_active_again() {
    let (_redis, desk) = opened(&[]).await;
    let old = desk.join(1).await.token();
    desk.end(&old).await;
    let new = desk.join(1).await.token();
    assert_eq!(desk.standing(&old).await, Standing::Over);
    assert!(matches!(desk.standing(&new).await, Standing::Active { .. }));
}

#[tokio::test]
async fn an_honest_lower_ticket_of_an_older_epoch_wins() {
    let (redis, desk) = full().await;
    let first = desk.join(1).await.token();
    desk.join(2).await;
    redis.lose_everything().await;
    redis.configure(&[("max_active", "0")]).await;
    let second = desk.join(1).await.token();
    assert!(second.ticket > first.ticket);
    let place = desk.ask(&first).await;
    assert_eq!((place.ticket, place.standing.position()), (first.ticket, 1));
    let other_device = desk.ask(&second).await;
    assert_eq!(
        other_device.ticket, first.ticket,
        "the later one is handed the lower"
    );
}

#[tokio::test]
async fn a_ticket_of_this_epoch_that_is_nowhere_is_over() {
    let (redis, desk) = full().await;
    let epoch = redis.state_number("epoch").await;
    let ticket = redis.counter().await;
    assert_eq!(
        desk.standing(&queue_token(7, ticket, epoch)).await,
        Standing::Over
    );
    assert_eq!(redis.size("waiting").await, 0);
}

#[tokio::test]
async fn nothing_above_the_counter_of_an_epoch_is_restored_from_before_it() {
    let (redis, desk) = full().await;
    let (epoch, base) = (
        redis.state_number("epoch").await,
        redis.state_number("base").await,
    );
    let above = queue_token(7, base + 1, epoch - 1);
    assert_eq!(desk.standing(&above).await, Standing::Over);
    let below = queue_token(7, base, epoch - 1);
    assert_eq!(
        desk.standing(&below).await,
        Standing::Waiting { position: 1 }
    );
}

#[tokio::test]
async fn a_live_place_is_given_back_whatever_the_token_says() {
    let (redis, desk) = full().await;
    let place = desk.join(1).await;
    let epoch = redis.state_number("epoch").await;
    let lower = queue_token(1, place.ticket.0 - 5, epoch - 1);
    assert_eq!(desk.join_with(&lower).await.ticket, place.ticket);
}

#[tokio::test]
async fn who_never_joined_is_not_in_line() {
    let (_redis, desk) = full().await;
    assert_eq!(desk.look(404).await, None);
}

#[tokio::test]
async fn tickets_are_written_whole_where_lua_would_round_them() {
    let (redis, desk) = opened(&[("max_active", "1")]).await;
    let counter = 123_456_789_012_344_u64;
    redis
        .ask::<()>(redis::cmd("SET").arg(redis.key("ticket")).arg(counter))
        .await;
    let inside = desk.join(1).await;
    let waiting = desk.join(2).await;
    assert_eq!(
        (inside.ticket.0, waiting.ticket.0),
        (counter + 1, counter + 2)
    );
    assert_eq!(redis.record(1).await, Some(format!("{}:1:0", counter + 1)));
    assert_eq!(redis.state_number("high").await, counter + 1);
    assert_eq!(redis.score("waiting", 2).await, Some(counter + 2));
    assert_eq!(
        desk.standing(&waiting.token()).await,
        Standing::Waiting { position: 1 }
    );
    desk.end(&waiting.token()).await;
    assert_eq!(
        redis.field("spent", "2").await,
        Some((counter + 2).to_string())
    );
    redis.restart().await;
    assert_eq!(desk.ask(&inside.token()).await.ticket.0, counter + 1);
    assert_eq!(redis.state_number("base").await, counter + 2);
}
