//! 4. A place survives reload, a closed tab, a second device, and a Redis that has forgotten it.

use futures_util::future::join_all;
use gateway::line::Standing;
use serde_json::json;
use shared::token::QueueToken;

use crate::harness::{Desk, Gateway, Sandbox, Upstream, eventually, opened, text};

/// A gateway before a full house, where everybody has to wait.
async fn full_house() -> (Sandbox, Upstream, Gateway) {
    let (redis, _) = opened(&[("mode", "paused")]).await;
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&redis, upstream.url());
    (redis, upstream, gateway)
}

#[tokio::test]
async fn promise_4_a_reload_changes_nothing() {
    let (_redis, _upstream, gateway) = full_house().await;
    gateway.issue(1).await;
    let before = gateway.issue(2).await;
    gateway.issue(3).await;
    let token = text(&before, "token");
    let reload = gateway
        .post("/api/issue")
        .cookie(&token)
        .header("sec-fetch-site", "same-origin");
    let after = reload.json(&json!({"userId": 2})).send().await.ok();
    for member in ["ticket", "waitingId", "status"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    assert_eq!(gateway.status(2, &token).await.ok()["waitingId"], 2);
}

#[tokio::test]
async fn promise_4_a_second_device_has_the_same_place_and_both_are_let_in() {
    let (redis, _upstream, gateway) = full_house().await;
    let phone = gateway.issue(1).await;
    let laptop = gateway.issue(1).await;
    assert_eq!(phone["ticket"], laptop["ticket"]);
    let other = Gateway::start(&redis, "http://127.0.0.1:1");
    redis.configure(&[("mode", "open")]).await;
    Desk::open(&redis).promote().await;
    for (gateway, device) in [(&gateway, &phone), (&other, &laptop)] {
        let is_in = || async {
            let place = gateway.status(1, &text(device, "token")).await.ok();
            assert_eq!(place["ticket"], phone["ticket"]);
            (place["status"] == "activate").then_some(())
        };
        eventually("the device is let in", is_in).await;
    }
}

#[tokio::test]
async fn promise_4_who_was_called_behind_a_closed_tab_comes_back_to_the_same_ticket() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let away = desk.join(1).await;
    redis.configure(&[("mode", "open")]).await;
    desk.promote().await;
    redis.run_out("active", 1).await;
    redis.configure(&[("mode", "paused")]).await;
    desk.promote().await;
    assert!(
        redis.score("parked", 1).await.is_some(),
        "called, and not there"
    );
    let back = desk.ask(&away.token()).await;
    assert_eq!(
        (back.ticket, back.standing),
        (away.ticket, Standing::Waiting { position: 1 })
    );
}

#[tokio::test]
async fn promise_4_a_poll_puts_a_forgotten_ticket_back_at_its_own_place() {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    let tokens = joined(&desk, 1..=6).await;
    redis.lose_everything().await;
    let latecomer = desk.join(99).await;
    for token in tokens.iter().rev() {
        let place = desk.ask(token).await;
        assert_eq!(place.ticket, token.ticket);
        assert!(place.epoch > token.epoch, "the token is signed anew");
    }
    for (ahead, token) in tokens.iter().enumerate() {
        let position = desk.standing(token).await.position();
        assert_eq!(position, 1 + ahead as u64);
    }
    assert_eq!(desk.standing(&latecomer.token()).await.position(), 7);
}

#[tokio::test]
async fn promise_4_issuing_again_with_the_old_token_does_so_too() {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    let tokens = joined(&desk, 1..=4).await;
    redis.lose_everything().await;
    let latecomer = desk.join(99).await;
    let again = join_all(tokens.iter().map(|token| desk.join_with(token))).await;
    for (token, place) in tokens.iter().zip(&again) {
        assert_eq!(place.ticket, token.ticket);
        assert!(place.ticket < latecomer.ticket);
    }
    let without_token = desk.join(5).await;
    assert!(
        without_token.ticket > latecomer.ticket,
        "no proof, no old place"
    );
}

#[tokio::test]
async fn promise_4_after_a_loss_the_old_places_are_let_in_first_and_in_order() {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    let tokens = joined(&desk, 1..=3).await;
    redis.lose_everything().await;
    redis
        .configure(&[("max_active", "1"), ("promote_per_second", "1000")])
        .await;
    let latecomer = desk.join(99).await;
    assert_eq!(
        latecomer.standing,
        Standing::Waiting { position: 1 },
        "held, although there is room"
    );
    for token in tokens.iter().rev() {
        desk.ask(token).await;
    }
    redis.set_state("hold", 0).await;
    redis.set_state("bucket", 100).await;
    assert_eq!(desk.order_of_admission(&redis, 4).await, [1, 2, 3, 99]);
}

async fn joined(desk: &Desk, users: std::ops::RangeInclusive<u64>) -> Vec<QueueToken> {
    let mut tokens = Vec::new();
    for user in users {
        tokens.push(desk.join(user).await.token());
    }
    tokens
}
