//! Rule 4 in company: callers who meet share a transaction, each gets what would have been theirs
//! alone, and nobody waits for a row that somebody else works at.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::harness::{Answer, Call, Fan, House, scatter};

const PRICE: i64 = 10_000;
/// The fan whose payment holds a group up.
const STUCK: u64 = 40;
/// How long calls are given to come in while a group is held up; a lock is waited for 2 s.
const GATHERING: Duration = Duration::from_millis(600);

/// Sends calls while a group hangs: it has a payment of `stuck` for this seat, and somebody else
/// has the row that marks the seat as sold. `meanwhile` is written under that lock.
async fn behind_a_group(
    house: &House,
    stuck: &Fan,
    seat: u64,
    others: Vec<Call>,
    meanwhile: Option<&str>,
) -> Vec<Answer> {
    stuck.reserve(seat).await.ok();
    let row = format!("SELECT * FROM reservation_seats WHERE seat_id = {seat}");
    let mut lock = house.database.lock(&row).await;
    let first = tokio::spawn(stuck.pay(PRICE).into_future());
    house.database.await_lock_waits(1).await;
    let others = others.into_iter().map(IntoFuture::into_future);
    let others: Vec<JoinHandle<Answer>> = others.map(tokio::spawn).collect();
    tokio::time::sleep(GATHERING).await;
    if let Some(write) = meanwhile {
        lock.also(write).await;
    }
    lock.keep().await;
    first.await.expect("the first").ok();
    let mut answers = Vec::new();
    for other in others {
        answers.push(other.await.expect("an answer"));
    }
    answers
}

async fn rich(house: &House, ids: impl Iterator<Item = u64>) -> Vec<Fan> {
    let mut fans = Vec::new();
    for id in ids {
        fans.push(house.rich_fan(id, 10 * PRICE).await);
    }
    fans
}

/// In how many transactions the calls with this key were done, by the moment that each has.
async fn moments(house: &House, key: &str) -> i64 {
    let sql =
        format!("SELECT COUNT(DISTINCT created_at) FROM idempotency_keys WHERE idem_key = '{key}'");
    house.database.number(&sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_who_meets_shares_a_transaction_and_has_what_is_theirs() {
    let house = House::open().await;
    let stuck = house.rich_fan(STUCK, 10 * PRICE).await;
    let fans = rich(&house, 1..=8).await;
    let (payers, others) = fans.split_at(4);
    for fan in payers {
        fan.reserve(fan.id).await.ok();
    }
    let pays = payers.iter().map(|fan| fan.pay(PRICE).key("first"));
    let reserves = others.iter().map(|fan| fan.reserve(fan.id).key("first"));
    let calls = pays.chain(reserves).collect();
    let answers = behind_a_group(&house, &stuck, 41, calls, None).await;
    let (paid, held) = answers.split_at(4);
    for (fan, answer) in payers.iter().zip(paid) {
        is_paid(fan, answer).await;
    }
    for (fan, answer) in others.iter().zip(held) {
        let held = answer.ok();
        assert_eq!(
            (&held["userId"], &held["seatId"]),
            (&fan.id.into(), &fan.id.into())
        );
        let again = fan.reserve(fan.id).key("first").await;
        assert_eq!(again.body, answer.body, "kept under its key");
    }
    assert_eq!(moments(&house, "first").await, 1);
    house.database.assert_clean().await;
}

async fn is_paid(fan: &Fan, answer: &Answer) {
    let paid = answer.ok();
    assert_eq!(
        (&paid["userId"], &paid["balance"]),
        (&fan.id.into(), &(9 * PRICE).into())
    );
    assert_eq!(paid["payments"][0]["seatIds"][0], fan.id);
    assert!(
        answer.header("stagedoor-command").is_some(),
        "the session ends"
    );
    let again = fan.pay(PRICE).key("first").await;
    assert_eq!(again.body, answer.body, "kept under its key");
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_in_a_group_each_who_cannot_have_it_is_told_why_and_harms_nobody() {
    let house = House::open().await;
    let stuck = house.rich_fan(STUCK, PRICE).await;
    let fans = rich(&house, 1..=5).await;
    fans[4].reserve(20).await.ok();
    fans[4].reserve(21).await.ok();
    fans[4].reserve(22).await.ok();
    let nobody_knows = house.fan(9);
    let calls = vec![
        fans[0].reserve(1),
        fans[1].reserve(2),
        fans[2].reserve(2),
        fans[3].reserve(3),
        fans[3].reserve(4),
        fans[4].post(
            "/api/reserve",
            &serde_json::json!({"userId": 5, "seatIds": [23, 24]}),
        ),
        nobody_knows.reserve(5),
        fans[0].reserve(6),
    ];
    let block = "UPDATE seats SET status = 'blocked' WHERE id = 6";
    let answers = behind_a_group(&house, &stuck, STUCK, calls, Some(block)).await;
    answers[0].ok();
    let mut rivals = [&answers[1], &answers[2]].map(|one| one.code().unwrap_or("ok").to_owned());
    rivals.sort();
    assert_eq!(rivals, ["ok", "seat_taken"]);
    answers[3].ok();
    answers[4].ok();
    answers[5].refused(409, "seat_limit");
    answers[6].ok();
    answers[7].refused(409, "seat_taken");
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_a_group_of_payments_pays_who_can_and_tells_the_others_why_not() {
    let house = House::open().await;
    let stuck = house.rich_fan(STUCK, PRICE).await;
    let fans = rich(&house, 1..=4).await;
    let poor = house.rich_fan(5, PRICE - 1).await;
    for fan in fans[..3].iter().chain([&poor]) {
        fan.reserve(fan.id).await.ok();
    }
    let calls = vec![
        fans[0].pay(PRICE),
        fans[1].pay(PRICE + 1),
        fans[2].pay(PRICE),
        fans[3].pay(PRICE),
        poor.pay(PRICE),
        fans[2].pay(PRICE),
    ];
    // The hold of the first ends under the lock, after all have been let in.
    let end = "UPDATE seats SET hold_expires_at = UTC_TIMESTAMP(6) WHERE id = 1";
    let answers = behind_a_group(&house, &stuck, STUCK, calls, Some(end)).await;
    answers[0].refused(410, "hold_expired");
    answers[1].refused(409, "amount_mismatch");
    let mut twice = [&answers[2], &answers[5]].map(|one| one.code().unwrap_or("ok").to_owned());
    twice.sort();
    assert_eq!(twice, ["nothing_to_pay", "ok"]);
    answers[3].refused(409, "nothing_to_pay");
    answers[4].refused(402, "insufficient_balance");
    assert_eq!(fans[1].balance().await.ok()["balance"], 10 * PRICE);
    assert_eq!(fans[2].balance().await.ok()["balance"], 9 * PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_nobody_waits_for_the_lock_of_another_user() {
    let house = House::open().await;
    let fans = rich(&house, 1..=8).await;
    let lock = house.database.lock_balance(1).await;
    let held_up = tokio::spawn(fans[0].reserve(1).into_future());
    house.database.await_lock_waits(1).await;
    are_served_without_waiting(&fans[1..]).await;
    assert!(!held_up.is_finished(), "the lock is still held");
    lock.free().await;
    held_up.await.expect("an answer").ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_nobody_waits_for_a_seat_that_others_do_not_want() {
    let house = House::open().await;
    let fans = rich(&house, 1..=8).await;
    fans[1].reserve(2).await.ok();
    let lock = house
        .database
        .lock("SELECT * FROM seats WHERE id IN (1, 2)")
        .await;
    let reserve = tokio::spawn(fans[0].reserve(1).into_future());
    let pay = tokio::spawn(fans[1].pay(PRICE).into_future());
    house.database.await_lock_waits(2).await;
    are_served_without_waiting(&fans[2..]).await;
    assert!(!reserve.is_finished() && !pay.is_finished());
    lock.free().await;
    reserve.await.expect("an answer").ok();
    pay.await.expect("an answer").ok();
}

/// Each reserves and pays, all at the same moment.
async fn are_served_without_waiting(fans: &[Fan]) {
    let began = Instant::now();
    let reserves = fans.iter().map(|fan| fan.reserve(fan.id));
    for answer in scatter(reserves.map(IntoFuture::into_future)).await {
        answer.ok();
    }
    let pays = fans.iter().map(|fan| fan.pay(PRICE));
    for answer in scatter(pays.map(IntoFuture::into_future)).await {
        answer.ok();
    }
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "they did not wait: {:?}",
        began.elapsed()
    );
}
