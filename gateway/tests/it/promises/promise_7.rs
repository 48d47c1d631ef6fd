//! 7. A poll costs Redis nothing, and neither does a request of a fan who is in.

use crate::harness::{Gateway, Sandbox, Told, Upstream, Witness, eventually, house, text};

/// A full house: fan 1 is in, fans 2 to 6 wait; and the picture knows it.
async fn full_house() -> (Sandbox, Upstream, Gateway, Vec<String>) {
    let (redis, upstream, gateway) = house(&[("max_active", "1")], &[]).await;
    let mut tokens = vec![gateway.admitted(1).await];
    for user in 2..=6 {
        tokens.push(text(&gateway.issue(user).await, "token"));
    }
    let knows = || async {
        let witness = Witness::start(&redis).await;
        gateway.status(6, &tokens[5]).await.ok();
        gateway.get("/seats").token(&tokens[0]).send().await;
        asked(&witness.finish(&redis).await)
            .is_empty()
            .then_some(())
    };
    eventually("the picture knows all fans", knows).await;
    (redis, upstream, gateway, tokens)
}

/// The scripts that were called for fans, beside the ticks of picture and scheduler: those have
/// hold, lifetime, epoch or batch as their arguments, but no user.
fn asked(told: &[Told]) -> Vec<&Told> {
    let calls = told.iter().filter(|told| told.words[0] == "EVALSHA");
    calls
        .filter(|call| call.words.len() == WHERE_WORDS)
        .collect()
}

/// `EVALSHA sha 11`, eleven keys, and the six arguments of `where`.
const WHERE_WORDS: usize = 3 + 11 + 6;

#[tokio::test]
async fn promise_7_polls_and_requests_ask_redis_nothing() {
    let (redis, upstream, gateway, tokens) = full_house().await;
    let witness = Witness::start(&redis).await;
    for _ in 0..50 {
        for (user, token) in (2..=6).zip(&tokens[1..]) {
            let place = gateway.status(user, token).await.ok();
            assert_eq!(place["waitingId"], user - 1);
        }
        let seats = gateway.get("/seats").token(&tokens[0]).send().await;
        assert_eq!(seats.status, 200);
    }
    let told = witness.finish(&redis).await;
    assert_eq!(asked(&told).len(), 0, "of 300 calls");
    assert!(upstream.seen().len() >= 50);
}

#[tokio::test]
async fn promise_7_without_a_token_a_poll_is_one_question() {
    let (redis, _upstream, gateway, _tokens) = full_house().await;
    let witness = Witness::start(&redis).await;
    for _ in 0..10 {
        let place = gateway.get("/api/status/3").send().await.ok();
        assert_eq!(place["waitingId"], 2);
    }
    assert_eq!(asked(&witness.finish(&redis).await).len(), 10);
}

#[tokio::test]
async fn promise_7_a_fan_who_hammers_the_gate_is_asked_about_once_a_second() {
    let (redis, _upstream, gateway, tokens) = full_house().await;
    let witness = Witness::start(&redis).await;
    let began = std::time::Instant::now();
    for _ in 0..100 {
        let answer = gateway.get("/seats").token(&tokens[1]).send().await;
        assert_eq!(answer.refusal(), (403, "not_admitted".to_owned()));
    }
    let most = 1 + began.elapsed().as_secs();
    let told = witness.finish(&redis).await;
    let count = asked(&told).len() as u64;
    assert!((1..=most).contains(&count), "{count} of at most {most}");
}
