//! A session: called, claimed once, over.

use gateway::line::Standing;

use crate::harness::{Desk, Sandbox, opened};

const SESSION_MS: u64 = 600_000;
const CLAIM_MS: u64 = 15_000;

/// A fan who has been called and has not asked since.
async fn called() -> (Sandbox, Desk, shared::token::QueueToken) {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let token = desk.join(1).await.token();
    redis.configure(&[("mode", "open")]).await;
    assert_eq!(desk.promote().await.promoted, 1);
    (redis, desk, token)
}

async fn ms_left(redis: &Sandbox) -> u64 {
    redis.score("active", 1).await.expect("active") - redis.now_ms().await
}

#[tokio::test]
async fn who_is_called_has_the_claim_window_and_by_asking_the_whole_session() {
    let (redis, desk, token) = called().await;
    assert!((CLAIM_MS - 5000..=CLAIM_MS).contains(&ms_left(&redis).await));
    let Standing::Active {
        expires_at_ms,
        expires_in_ms,
    } = desk.standing(&token).await
    else {
        panic!("called is active");
    };
    assert_eq!(Some(expires_at_ms), redis.score("active", 1).await);
    assert_eq!(expires_in_ms, SESSION_MS);
}

#[tokio::test]
async fn the_session_is_extended_once_and_never_again() {
    let (redis, desk, token) = called().await;
    desk.ask(&token).await;
    let nearly_over = redis.now_ms().await + 60_000;
    redis.set_score("active", 1, nearly_over).await;
    desk.ask(&token).await;
    desk.join(1).await;
    desk.join_with(&token).await;
    assert_eq!(redis.score("active", 1).await, Some(nearly_over));
}

#[tokio::test]
async fn looking_without_a_token_claims_nothing() {
    let (redis, desk, _) = called().await;
    let before = redis.score("active", 1).await;
    let place = desk.look(1).await.expect("in line");
    assert!(matches!(place.standing, Standing::Active { .. }));
    assert_eq!(redis.score("active", 1).await, before);
    assert!(redis.record(1).await.expect("called").contains(":0:"));
}

#[tokio::test]
async fn issuing_again_claims_and_so_does_being_let_in_by_issuing() {
    let (redis, desk, _) = called().await;
    desk.join(1).await;
    assert!(ms_left(&redis).await > CLAIM_MS);
    let at_once = desk.join(2).await;
    let Standing::Active { expires_in_ms, .. } = at_once.standing else {
        panic!("there is room");
    };
    assert_eq!(expires_in_ms, SESSION_MS);
    assert_eq!(
        redis.record(2).await,
        Some(format!("{}:1:0", at_once.ticket))
    );
}

#[tokio::test]
async fn a_used_session_that_runs_out_is_over_and_leaves_nothing_but_the_spent_ticket() {
    let (redis, desk, token) = called().await;
    desk.ask(&token).await;
    redis.run_out("active", 1).await;
    assert_eq!(desk.standing(&token).await, Standing::Over);
    for set in ["active", "waiting", "parked"] {
        assert_eq!(redis.score(set, 1).await, None, "{set}");
    }
    assert_eq!(redis.record(1).await, None);
    assert_eq!(
        redis.field("spent", "1").await,
        Some(token.ticket.to_string())
    );
    let next = desk.join(1).await;
    assert!(next.ticket > token.ticket, "a new place at the end");
}

#[tokio::test]
async fn the_room_counts_only_sessions_that_still_run() {
    let (redis, desk) = opened(&[("mode", "paused"), ("max_active", "3")]).await;
    for number in 1..=4 {
        desk.join(number).await;
    }
    let mut more_than_one_step_purges = redis::cmd("ZADD");
    more_than_one_step_purges.arg(redis.key("active"));
    for user in 1000..2600 {
        more_than_one_step_purges.arg(1).arg(user);
    }
    redis.ask::<()>(&more_than_one_step_purges).await;
    redis.configure(&[("mode", "open")]).await;
    let step = desk.store.promote(&desk.queue, 200).await;
    let step = step.expect("Redis answers");
    assert!(redis.size("active").await > 1000, "most are not purged yet");
    assert_eq!((step.promoted, step.sessions), (3, 3));
}

#[tokio::test]
async fn a_member_that_someone_put_into_active_by_hand_does_no_harm() {
    let (redis, desk) = opened(&[("max_active", "2")]).await;
    redis
        .set_score("active", 77, redis.now_ms().await + 60_000)
        .await;
    redis.set_score("active", 78, 1).await;
    assert!(matches!(
        desk.join(1).await.standing,
        Standing::Active { .. }
    ));
    assert_eq!(
        desk.join(2).await.standing,
        Standing::Waiting { position: 1 },
        "it takes a place"
    );
    assert_eq!(
        desk.look(77).await,
        None,
        "and has no session, for it has no ticket"
    );
    assert_eq!(desk.promote().await.promoted, 1);
    assert_eq!(redis.members("active").await.len(), 2);
}
