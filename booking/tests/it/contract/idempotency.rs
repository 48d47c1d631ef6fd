//! A repeated key tells the first answer again, byte for byte, and nothing happens twice.

use std::collections::BTreeSet;

use crate::harness::{Answer, Fan, House, at_once, deep, scatter};

#[track_caller]
fn assert_replay(first: &Answer, again: &Answer) {
    first.ok();
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(
        again.header("idempotent-replayed"),
        Some("true"),
        "{}",
        again.text()
    );
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    let command = first.header("stagedoor-command");
    assert_eq!(again.header("stagedoor-command"), command);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutating_call_is_replayed_byte_for_byte() {
    let house = House::open().await;
    let fan = house.fan(1);
    let charge = fan.charge(50_000).key("charge").await;
    assert_replay(&charge, &fan.charge(50_000).key("charge").await);
    let reserve = fan.reserve(1).key("reserve").await;
    assert_replay(&reserve, &fan.reserve(1).key("reserve").await);
    let pay = fan.pay(10_000).key("pay").await;
    assert_eq!(pay.header("stagedoor-command"), Some("revoke; t=7"));
    assert_replay(&pay, &fan.pay(10_000).key("pay").await);
    let held = fan.reserve(2).await.ok();
    let release = fan.release(&held["reservationId"]).key("release").await;
    assert_replay(
        &release,
        &fan.release(&held["reservationId"]).key("release").await,
    );
    assert_eq!(fan.balance().await.ok()["balance"], 40_000);
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_tells_what_was_and_not_what_is() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 10_000).await;
    let reserve = fan.reserve(1).key("k").await;
    fan.release(&reserve.ok()["reservationId"]).await.ok();
    house.fan(2).reserve(1).await.ok();
    assert_replay(&reserve, &fan.reserve(1).key("k").await);
}

/// The answer to `process` was lost and the session is over: the gate lets the fan fetch it.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_can_be_fetched_after_the_session() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 10_000).await;
    fan.reserve(1).await.ok();
    let pay = fan.pay(10_000).key("k").await;
    assert_replay(&pay, &house.late_fan(1).pay(10_000).key("k").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_on_another_request_is_422() {
    let house = House::open().await;
    let fan = house.fan(1);
    fan.charge(10_000).key("k").await.ok();
    fan.charge(10_001).key("k").await.refused(422, "key_reused");
    fan.reserve(1).key("k").await.refused(422, "key_reused");
    fan.pay(10_000).key("k").await.refused(422, "key_reused");
    let some_id = serde_json::json!("01931d2e-0000-7000-8000-000000000000");
    fan.release(&some_id)
        .key("k")
        .await
        .refused(422, "key_reused");
    assert_eq!(fan.balance().await.ok()["balance"], 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_the_users_own() {
    let house = House::open().await;
    let first = house.fan(1).charge(1).key("k").await;
    let second = house.fan(2).charge(1).key("k").await;
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(second.header("idempotent-replayed"), None);
    second.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spelling_of_key_and_body_makes_no_difference() {
    let house = House::open().await;
    let fan = house.fan(1);
    let first = fan.charge(5).key("\"k\"").await;
    let body = "{ \"amount\" :\n5 }";
    let again = fan.post_bytes("/api/1/charge", body).key("k").await;
    assert_replay(&first, &again);
    let upper = fan.charge(5).key("K").await;
    assert_eq!(upper.ok()["balance"], 10, "keys differ by case");
    fan.charge(5).key(&"k".repeat(255)).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_kept() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 1).await;
    fan.reserve(1).await.ok();
    fan.pay(10_000)
        .key("k")
        .await
        .refused(402, "insufficient_balance");
    fan.charge(9_999).await.ok();
    let paid = fan.pay(10_000).key("k").await;
    assert_eq!(paid.header("idempotent-replayed"), None);
    paid.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charge_without_a_key_is_a_second_charge() {
    let house = House::open().await;
    house.fan(1).charge(1).await.ok();
    assert_eq!(house.fan(1).charge(1).await.ok()["balance"], 2);
}

/// Two instances, since one alone lets only two calls of a user in at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_a_hundred_times_at_once_has_one_effect() {
    let mut house = House::open().await;
    let second = house.add_instance(|_| {});
    for round in 1..=deep(3, 50) {
        let fan = house.rich_fan(round, 100_000).await;
        let at_both = [fan.clone(), fan.at(second)].into_iter().cycle();
        let calls: Vec<Fan> = at_both.take(100).collect();
        let charges = at_once(calls.clone().into_iter().map(charge)).await;
        assert_eq!(effects(&charges), 1);
        assert_eq!(fan.balance().await.ok()["balance"], 107_000);
        fan.reserve(round).await.ok();
        let payments = at_once(calls.into_iter().map(pay)).await;
        assert_eq!(effects(&payments), 1);
        assert_eq!(fan.balance().await.ok()["balance"], 97_000);
    }
    house.database.assert_clean().await;
}

async fn charge(fan: Fan) -> Answer {
    fan.charge(7_000).key("charge").await
}

async fn pay(fan: Fan) -> Answer {
    fan.pay(10_000).key("pay").await
}

/// How many answers are no replay; all that succeeded are the same, and the others may be retried.
fn effects(answers: &[Answer]) -> usize {
    let (ok, other): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.status == 200);
    for answer in other {
        assert_eq!(answer.json()["retryable"], true, "{}", answer.text());
    }
    let bodies: BTreeSet<_> = ok.iter().map(|answer| answer.body.clone()).collect();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let is_first = |answer: &&&Answer| answer.header("idempotent-replayed").is_none();
    ok.iter().filter(is_first).count()
}

/// A loser's retry must not be told of its own success that somebody else has the seat.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_a_won_seat_is_a_replay_also_when_it_overtakes_the_plain_read() {
    let house = House::open().await;
    for seat in 1..=deep(10, 50) {
        let fan = house.fan(seat);
        let calls = [fan.clone(), fan.clone(), fan.clone()];
        let calls = calls.map(|fan| async move { fan.reserve(seat).key("k").await });
        for answer in scatter(calls).await {
            answer.ok();
        }
    }
}
