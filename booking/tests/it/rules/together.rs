//! Rule 4 in company: callers who meet share a transaction, each gets what would have been theirs
//! alone, and nobody waits for another user's lock.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::harness::{Answer, Call, Fan, House, scatter};

const PRICE: i64 = 10_000;
/// The seat, and the fan, that hold a group up.
const STUCK: u64 = 40;
/// How long calls are given to come in while a group is held up; a lock is waited for 2 s.
const GATHERING: Duration = Duration::from_millis(600);

/// Sends calls while a group hangs at the lock of its seat. `meanwhile` is written under that lock.
async fn behind_a_group(
    house: &House,
    first: Call,
    others: Vec<Call>,
    meanwhile: Option<&str>,
) -> Vec<Answer> {
    let seat = format!("SELECT * FROM seats WHERE id = {STUCK}");
    let mut lock = house.database.lock(&seat).await;
    let first = tokio::spawn(first.into_future());
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

/// In how many transactions these rows were written, by the moment that each has.
async fn moments(house: &House, column: &str, table: &str) -> i64 {
    let sql = format!(
        "SELECT COUNT(DISTINCT {column}) FROM {table} WHERE user_id < {STUCK} AND user_id > 0"
    );
    house.database.number(&sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_who_meets_shares_a_transaction_and_has_what_is_theirs() {
    let house = House::open().await;
    let stuck = house.rich_fan(STUCK, PRICE).await;
    let fans = rich(&house, 1..=8).await;
    let keyed = |fan: &Fan| fan.reserve(fan.id).key(&format!("reserve-{}", fan.id));
    let reserves = fans.iter().map(keyed).collect();
    let answers = behind_a_group(&house, stuck.reserve(STUCK), reserves, None).await;
    for (fan, answer) in fans.iter().zip(&answers) {
        let held = answer.ok();
        assert_eq!(
            (&held["userId"], &held["seatId"]),
            (&fan.id.into(), &fan.id.into())
        );
    }
    assert!(moments(&house, "created_at", "idempotency_keys").await <= 2);

    let pays = fans.iter().map(|fan| fan.pay(PRICE).key("pay")).collect();
    let answers = behind_a_group(&house, stuck.pay(PRICE), pays, None).await;
    for (fan, answer) in fans.iter().zip(&answers) {
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
        let again = fan.pay(PRICE).key("pay").await;
        assert_eq!(again.body, answer.body, "kept under its key");
    }
    assert!(moments(&house, "paid_at", "payments").await <= 2);
    house.database.assert_clean().await;
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
    let answers = behind_a_group(&house, stuck.reserve(STUCK), calls, Some(block)).await;
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
    for fan in fans[..3].iter().chain([&poor, &stuck]) {
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
    let answers = behind_a_group(&house, stuck.pay(PRICE), calls, Some(end)).await;
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
    let began = Instant::now();
    let reserves = fans[1..].iter().map(|fan| fan.reserve(fan.id));
    for answer in scatter(reserves.map(IntoFuture::into_future)).await {
        answer.ok();
    }
    assert!(!held_up.is_finished(), "the lock is still held");
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "they did not wait"
    );
    lock.free().await;
    held_up.await.expect("an answer").ok();
}
