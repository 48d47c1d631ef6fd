//! How often a fan asks: told by `pollAfterMs`, enforced by the poll floor; and `?seen=`.

use crate::harness::{house, text};

const FLOOR: (&str, &str) = ("POLL_FLOOR_MS", "60000");
const BURST: usize = 5;

#[tokio::test]
async fn who_polls_too_often_is_told_to_wait_and_nobody_else_is() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[FLOOR]).await;
    let mine = text(&gateway.issue(1).await, "token");
    let other = text(&gateway.issue(2).await, "token");
    for _ in 0..BURST {
        gateway.status(1, &mine).await.ok();
    }
    let refused = gateway.status(1, &mine).await;
    assert_eq!(refused.refusal(), (429, "too_fast".to_owned()));
    assert_eq!(refused.json()["retryable"], true);
    assert!((40..=80).contains(&refused.retry_after()), "{refused:?}");
    gateway.status(2, &other).await.ok();
    gateway.get("/api/status/1").send().await.ok();
    let events = gateway
        .get("/api/status/1/events")
        .token(&mine)
        .send()
        .await;
    assert_eq!(events.refusal(), (429, "too_fast".to_owned()));
}

#[tokio::test]
async fn polls_without_a_token_do_not_use_up_those_of_the_fan() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[FLOOR]).await;
    let mine = text(&gateway.issue(1).await, "token");
    for _ in 0..BURST {
        gateway.get("/api/status/1").send().await.ok();
    }
    let refused = gateway.get("/api/status/1").send().await;
    assert_eq!(refused.refusal(), (429, "too_fast".to_owned()));
    gateway.status(1, &mine).await.ok();
}

#[tokio::test]
async fn the_back_of_the_line_asks_seldom() {
    let config = [("mode", "paused"), ("promote_per_second", "1")];
    let (_redis, _upstream, gateway) = house(&config, &[]).await;
    let mut last = gateway.issue(1).await;
    let known = || async {
        let place = gateway.issue(1).await;
        (place["pollAfterMs"].as_u64()? < 1_500).then_some(())
    };
    crate::harness::eventually("the picture is there", known).await;
    for user in 2..=60 {
        last = gateway.issue(user).await;
    }
    let wait = last["pollAfterMs"].as_u64().expect("a number");
    assert!((8_000..=10_000).contains(&wait), "{wait} ms");
}

#[tokio::test]
async fn the_number_shown_last_is_never_exceeded() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    for user in 1..=4 {
        gateway.issue(user).await;
    }
    let token = text(&gateway.issue(5).await, "token");
    for (seen, told) in [("3", 3), ("9", 5), ("0", 1)] {
        let call = gateway.get(&format!("/api/status/5?seen={seen}"));
        let place = call.token(&token).send().await.ok();
        assert_eq!(place["waitingId"], told, "?seen={seen}");
    }
    let bad = gateway
        .get("/api/status/5?seen=x")
        .token(&token)
        .send()
        .await;
    assert_eq!(bad.refusal(), (422, "invalid_field".to_owned()));
}
