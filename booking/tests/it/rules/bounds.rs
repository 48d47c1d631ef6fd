//! Rule 7: everything is bounded. Whoever has to wait too long is told so, in time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::harness::{Answer, Call, House, Proxy, scatter};

const PRICE: i64 = 10_000;
/// The five seconds of a whole request, and some for a machine with other work.
const IN_TIME: Duration = Duration::from_secs(7);

/// An answer and how long it took.
async fn timed(call: Call) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = call.await;
    (answer, began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_7_a_lock_that_is_not_to_be_had_ends_in_an_answer() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 1).await;
    let balance = house.database.lock_balance(1).await;
    let calls = [fan.charge(1), fan.charge(1).key("k")];
    let answers = scatter(calls.map(timed)).await;
    balance.free().await;
    answers[0].0.refused(503, "overloaded");
    answers[1].0.refused(409, "key_in_progress");
    for (_, time) in answers {
        assert!(time < IN_TIME, "it took {time:?}");
    }
    assert_eq!(fan.balance().await.ok()["balance"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_7_of_one_user_two_calls_wait_at_the_database_and_the_others_outside() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 1).await;
    let balance = house.database.lock_balance(1).await;
    let calls = (0..8).map(|_| timed(fan.charge(1)));
    let answers = scatter(calls).await;
    balance.free().await;
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for (answer, time) in &answers {
        *codes.entry(answer.code().unwrap_or("ok")).or_default() += 1;
        assert!(*time < IN_TIME, "it took {time:?}");
    }
    assert!(codes["too_many_in_flight"] >= 1, "{codes:?}");
    assert_eq!(
        codes["too_many_in_flight"] + codes["overloaded"],
        8,
        "{codes:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_7_when_every_connection_is_taken_the_next_is_told_within_its_second() {
    let house = House::with(|settings| settings.database.connections = 2).await;
    let database = house.office().database.clone();
    let taken = [database.connection().await, database.connection().await];
    let calls = [
        house.fan(3).charge(1),
        house.fan(3).balance(),
        house.fan(3).dates(),
    ];
    for (answer, time) in scatter(calls.map(timed)).await {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert_eq!(answer.json()["retryable"], true, "{}", answer.text());
        assert!(time < IN_TIME, "it took {time:?}");
    }
    drop(taken);
    house.fan(3).charge(1).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_7_a_deadlock_is_tried_again() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 2 * PRICE).await;
    fan.reserve(1).await.ok();
    fan.reserve(2).await.ok();
    let mut other = house
        .database
        .lock("SELECT * FROM seats WHERE id = 2")
        .await;
    // The server gives up the transaction that has written less.
    for id in 1_000..1_050 {
        other
            .also(&format!(
                "INSERT INTO users VALUES ({id}, UTC_TIMESTAMP(6))"
            ))
            .await;
    }
    let payment = tokio::spawn(fan.pay(2 * PRICE).into_future());
    house.database.await_lock_waits(1).await;
    other
        .also("SELECT * FROM seats WHERE id = 1 FOR UPDATE")
        .await;
    other.free().await;
    payment.await.expect("an answer").ok();
    house.database.assert_clean().await;
}

/// A network that swallows everything: no answer, no reset.
#[tokio::test(flavor = "multi_thread")]
async fn rule_7_a_database_that_falls_silent_ends_in_503_and_comes_back() {
    let house = House::open().await;
    let proxy = Proxy::before(house.database.address()).await;
    let url = house.database.url_at(proxy.address());
    let mut house = house;
    let booking = house.add_instance(|settings| settings.database.url = url.clone());
    let fan = house.fan(1).at(booking);
    fan.charge(1).await.ok();
    proxy.swallow();
    let calls = [fan.charge(1), fan.balance(), fan.reserve(1)];
    for (answer, time) in scatter(calls.map(timed)).await {
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert_eq!(answer.json()["retryable"], true, "{}", answer.text());
        assert!(time < IN_TIME, "it took {time:?}");
    }
    proxy.heal();
    crate::harness::eventually("it is back", async || fan.balance().await.status == 200).await;
    fan.reserve(1).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_7_without_its_database_booking_lives_and_says_so() {
    let mut house = House::open().await;
    let nobody: std::net::SocketAddr = ([127, 0, 0, 1], 1).into();
    let url = house.database.url_at(nobody);
    let booking = house.add_instance(|settings| settings.database.url = url.clone());
    let fan = house.fan(1).at(booking);
    assert_eq!(fan.get("/healthz").await.status, 200);
    assert_eq!(fan.get("/readyz").await.status, 503);
    let (answer, time) = timed(fan.charge(1)).await;
    answer.refused(503, "database_down");
    assert!(time < IN_TIME, "it took {time:?}");
}
