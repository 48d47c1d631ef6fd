//! 8. When Redis is away, the line goes on as far as it can.
//!
//! Who is in goes on, who waits is told the last position, and what has to ask says so. When it is
//! back, even empty, order is as it was.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Cable, Gateway, Sandbox, Upstream, Witness, eventually, opened, text};

/// Fan 1 is in, fans 2 to 4 wait, and the picture knows them all.
async fn full_house() -> (Sandbox, Cable, Upstream, Gateway, Vec<String>) {
    let (redis, _) = opened(&[("max_active", "1"), ("session_seconds", "900")]).await;
    let cable = Cable::to(&redis).await;
    let upstream = Upstream::start().await;
    let settings = [("REDIS_URL", cable.url())];
    let gateway = Gateway::start_with(&redis, upstream.url(), &settings);
    let mut tokens = vec![gateway.admitted(1).await];
    for user in 2..=4 {
        tokens.push(text(&gateway.issue(user).await, "token"));
    }
    // Who has joined since the last tick is answered by the counter, and not known yet. The second
    // tick from now begins after the picture has heard of the first.
    for _ in 0..2 {
        let now = redis.now_ms().await;
        let ticked = || async { (redis.state_number("ticked_at").await > now).then_some(()) };
        eventually("the picture ticks", ticked).await;
    }
    let knows = || async {
        let witness = Witness::start(&redis).await;
        gateway.status(4, &tokens[3]).await.ok();
        gateway.get("/seats").token(&tokens[0]).send().await;
        let told = witness.finish(&redis).await;
        let calls = told.iter().filter(|told| told.words[0] == "EVALSHA");
        // `where` has six arguments after its eleven keys.
        let asked = calls.filter(|call| call.words.len() == 20).count();
        (asked == 0).then_some(())
    };
    eventually("the picture knows all fans", knows).await;
    (redis, cable, upstream, gateway, tokens)
}

#[tokio::test]
async fn promise_8_who_is_in_goes_on_and_who_waits_is_told_the_last_position() {
    let (_redis, cable, _upstream, gateway, tokens) = full_house().await;
    cable.pull_out();
    let is_stale = || async {
        let place = gateway.status(3, &tokens[2]).await.ok();
        assert_eq!(
            (&place["waitingId"], &place["status"]),
            (&json!(2), &json!("waiting"))
        );
        (place["stale"] == true).then_some(())
    };
    eventually("the position is told as stale", is_stale).await;
    let seats = gateway.get("/seats").token(&tokens[0]).send().await;
    assert_eq!(seats.status, 200, "a session goes on");
    let refused = gateway.get("/seats").token(&tokens[1]).send().await;
    assert_eq!(refused.refusal(), (403, "not_admitted".to_owned()));
    for call in [
        gateway.post("/api/issue").json(&json!({"userId": 9})),
        gateway.get("/api/status/9"),
        gateway.delete("/api/issue").token(&tokens[3]),
    ] {
        let answer = call.send().await;
        assert_eq!(answer.refusal(), (503, "line_unavailable".to_owned()));
        assert!((1..=3).contains(&answer.retry_after()));
    }
    cable.plug_in();
    let is_fresh = || async {
        let place = gateway.status(3, &tokens[2]).await.ok();
        place.get("stale").is_none().then_some(())
    };
    eventually("the picture is up to date again", is_fresh).await;
}

#[tokio::test]
async fn promise_8_a_redis_that_lost_everything_is_given_back_what_the_picture_knew() {
    let (redis, _cable, _upstream, gateway, tokens) = full_house().await;
    let ends = redis.score("active", 1).await.expect("active");
    let high = redis.state_number("high").await;
    redis.lose_everything().await;
    let is_back = || async { redis.score("active", 1).await };
    let ends_now = eventually("the session is given back", is_back).await;
    assert!(ends_now.abs_diff(ends) < 1_000, "{ends} then {ends_now}");
    assert_eq!(redis.state_number("high").await, high);
    let config = redis.field("config", "session_seconds").await;
    assert_eq!(
        config.as_deref(),
        Some("900"),
        "the operator's, not the default"
    );
    let seats = gateway.get("/seats").token(&tokens[0]).send().await;
    assert_eq!(seats.status, 200, "a session goes on");
    // From behind, so that each is told of those who are not back yet.
    for user in (2..=4_u64).rev() {
        let token = &tokens[usize::try_from(user - 1).expect("small")];
        let is_back = || async {
            let place = gateway.status(user, token).await.ok();
            assert_eq!(place["waitingId"], user - 1, "{place}");
            redis.score("waiting", user).await
        };
        eventually("the place is back", is_back).await;
        assert_eq!(redis.members("waiting").await.len() as u64, 5 - user);
    }
    redis.set_state("hold", 0).await;
    redis.set_state("bucket", 5).await;
    gateway
        .delete("/api/issue")
        .token(&tokens[0])
        .send()
        .await
        .ok();
    let is_in = || async { redis.score("active", 2).await };
    eventually("the next in order is let in", is_in).await;
    assert_eq!(redis.members("active").await, [2]);
}

#[tokio::test]
async fn promise_8_what_had_ended_before_a_loss_does_not_come_back() {
    let (redis, _cable, _upstream, gateway, tokens) = full_house().await;
    gateway
        .delete("/api/issue")
        .token(&tokens[2])
        .send()
        .await
        .ok();
    let is_noted = || async {
        let log: Vec<String> = redis
            .ask(redis::cmd("LRANGE").arg(redis.key("log")).arg(0).arg(-1))
            .await;
        log.iter()
            .any(|change| change.starts_with("e:3:"))
            .then_some(())
    };
    eventually("the end is in the log", is_noted).await;
    tokio::time::timeout(Duration::from_secs(5), async {
        while gateway.status(4, &tokens[3]).await.ok()["waitingId"] != 2 {}
    })
    .await
    .expect("the picture has followed");
    redis.lose_everything().await;
    let is_spent = || async { redis.spent("3").await };
    eventually("the end is given back", is_spent).await;
    let place = gateway.status(3, &tokens[2]).await.ok();
    assert_eq!(place["status"], "expired");
    assert_eq!(redis.score("waiting", 3).await, None);
}
