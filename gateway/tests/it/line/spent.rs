//! Ended tickets are remembered for one token lifetime at least, so that none comes back.

use std::time::Duration;

use gateway::line::Standing;
use shared::token::QueueToken;

use crate::harness::{Desk, Sandbox, opened};

const LIFETIME_MS: u64 = 86_400_000;

async fn left() -> (Sandbox, Desk, QueueToken) {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    desk.promote().await;
    let token = desk.join(1).await.token();
    desk.end(&token).await;
    (redis, desk, token)
}

/// A token lifetime goes by since the generations were swapped.
async fn a_lifetime_passes(redis: &Sandbox, desk: &Desk) {
    redis
        .set_state("spent_at", redis.now_ms().await - LIFETIME_MS)
        .await;
    desk.promote().await;
}

#[tokio::test]
async fn a_ticket_that_was_left_is_not_restored_by_a_later_epoch() {
    let (redis, desk, token) = left().await;
    redis.restart().await;
    assert_eq!(desk.standing(&token).await, Standing::Over);
    assert!(desk.join_with(&token).await.ticket > token.ticket);
}

#[tokio::test]
async fn it_is_remembered_through_one_swap_and_forgotten_by_the_second() {
    let (redis, desk, token) = left().await;
    a_lifetime_passes(&redis, &desk).await;
    assert_eq!(redis.field("spent", "1").await, None);
    assert_eq!(
        redis.field("spent_old", "1").await,
        Some(token.ticket.to_string())
    );
    redis.restart().await;
    assert_eq!(desk.standing(&token).await, Standing::Over);
    a_lifetime_passes(&redis, &desk).await;
    assert_eq!(redis.field("spent_old", "1").await, None);
}

#[tokio::test]
async fn it_is_remembered_for_a_lifetime_since_somebody_last_asked_for_it() {
    let (redis, desk, token) = left().await;
    a_lifetime_passes(&redis, &desk).await;
    let told = desk.look(1).await.expect("somebody who was here");
    assert_eq!((told.ticket, told.standing), (token.ticket, Standing::Over));
    a_lifetime_passes(&redis, &desk).await;
    redis.restart().await;
    assert_eq!(desk.standing(&told.token()).await, Standing::Over);
}

#[tokio::test]
async fn the_generations_are_not_swapped_before_their_time() {
    let (redis, desk, token) = left().await;
    redis
        .set_state("spent_at", redis.now_ms().await - LIFETIME_MS + 60_000)
        .await;
    desk.promote().await;
    assert_eq!(
        redis.field("spent", "1").await,
        Some(token.ticket.to_string())
    );
}

#[tokio::test]
async fn an_end_spends_the_ticket_also_when_a_later_place_is_spared() {
    let (redis, desk, old) = left().await;
    redis
        .ask::<()>(redis::cmd("DEL").arg(redis.key("spent")))
        .await;
    let new = desk.join(1).await;
    desk.end(&old).await;
    assert_eq!(
        redis.field("spent", "1").await,
        Some(old.ticket.to_string())
    );
    assert_eq!(
        desk.standing(&new.token()).await,
        Standing::Waiting { position: 1 }
    );
    redis.restart().await;
    assert_eq!(desk.standing(&old).await, Standing::Over);
}

#[tokio::test]
async fn an_older_end_does_not_forget_a_higher_ticket() {
    let (redis, desk, old) = left().await;
    let new = desk.join(1).await.token();
    desk.end(&new).await;
    desk.end(&old).await;
    assert_eq!(
        redis.field("spent", "1").await,
        Some(new.ticket.to_string())
    );
}

#[tokio::test]
async fn the_lifetime_is_the_tokens_own() {
    let redis = Sandbox::open().await;
    let desk = Desk::with_lifetimes(&redis, Duration::from_secs(15), Duration::from_mins(1));
    desk.create().await;
    desk.promote().await;
    let token = desk.join(1).await.token();
    desk.end(&token).await;
    redis
        .set_state("spent_at", redis.now_ms().await - 60_000)
        .await;
    desk.promote().await;
    assert_eq!(
        redis.field("spent_old", "1").await,
        Some(token.ticket.to_string())
    );
}
