//! Rule 4: the caller's own balance row is locked first, so one user's calls are serial, limits
//! per user are exact, and users meet only at seats.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{Answer, Fan, House, at_once, deep, scatter};

const PRICE: i64 = 10_000;

/// How many answers there are of each kind: `ok`, or the code.
fn kinds(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for answer in answers {
        let kind = answer.code().unwrap_or("ok").to_owned();
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

/// Several instances, because one alone lets only two calls of a user in at once.
#[tokio::test(flavor = "multi_thread")]
async fn rule_4_parallel_calls_of_one_user_keep_to_the_limit_of_seats() {
    let mut house = House::open().await;
    let others = [house.add_instance(|_| {}), house.add_instance(|_| {})];
    for user in 1..=deep(20, 200) {
        let fan = house.rich_fan(user, 1).await;
        let at_all = [fan.clone(), fan.at(others[0]), fan.at(others[1])];
        let calls = (1..=12).zip(at_all.into_iter().cycle());
        let calls = calls.map(|(seat, fan)| async move { fan.reserve(seat).await });
        let mut kinds = kinds(&at_once(calls).await);
        // On a slow machine some had to wait too long outside.
        let sent_away = kinds.remove("too_many_in_flight").unwrap_or_default();
        let got = kinds.remove("ok").unwrap_or_default();
        assert!(
            got == 4 || (got < 4 && sent_away > 0),
            "{got} seats, {sent_away} sent away"
        );
        assert!(kinds.keys().all(|kind| kind == "seat_limit"), "{kinds:?}");
        for held in fan.reservations().await.ok()["items"]
            .as_array()
            .expect("a list")
        {
            fan.release(&held["reservationId"]).await.ok();
        }
    }
}

/// Two hundred calls of one user at two instances; who had to wait too long was sent away.
#[tokio::test(flavor = "multi_thread")]
async fn rule_4_a_balance_that_covers_k_payments_pays_exactly_k() {
    let (holds, covered) = (20, 8);
    let mut house = House::open().await;
    house.lift_limit().await;
    let second = house.add_instance(|_| {});
    let fan = house.rich_fan(1, PRICE * covered).await;
    let reservations = hold(&fan, holds).await;
    let at_both = [fan.clone(), fan.at(second)].into_iter().cycle();
    let calls = reservations.into_iter().cycle().zip(at_both).take(200);
    let pay = |(id, fan): (Value, Fan)| async move { fan.pay_only(PRICE, &id).await };
    let kinds = kinds(&at_once(calls.map(pay)).await);
    assert_eq!(
        kinds.get("ok"),
        usize::try_from(covered).ok().as_ref(),
        "{kinds:?}"
    );
    let known = [
        "ok",
        "insufficient_balance",
        "already_paid",
        "too_many_in_flight",
    ];
    assert!(
        kinds.keys().all(|kind| known.contains(&kind.as_str())),
        "{kinds:?}"
    );
    assert_eq!(fan.balance().await.ok()["balance"], 0);
    house.database.assert_clean().await;
}

async fn hold(fan: &Fan, seats: u64) -> Vec<Value> {
    let mut reservations = Vec::new();
    for seat in 1..=seats {
        reservations.push(fan.reserve(seat).await.ok()["reservationId"].clone());
    }
    reservations
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_a_double_click_never_pays_twice() {
    let mut house = House::open().await;
    let second = house.add_instance(|_| {});
    for seat in 1..=deep(10, 50) {
        let fan = house.rich_fan(seat, PRICE * 2).await;
        fan.reserve(seat).await.ok();
        let clicks = [fan.clone(), fan.at(second)];
        let clicks = clicks.map(|fan| async move { fan.pay(PRICE).await });
        let kinds = kinds(&scatter(clicks).await);
        let expected = [("nothing_to_pay".to_owned(), 1), ("ok".to_owned(), 1)];
        assert_eq!(kinds, BTreeMap::from(expected));
        assert_eq!(fan.balance().await.ok()["balance"], PRICE);
    }
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_charges_and_payments_of_one_balance_add_up() {
    let rounds = deep(12, 200);
    let mut house = House::open().await;
    house.lift_limit().await;
    let second = house.add_instance(|_| {});
    let fan = house.rich_fan(1, 1_000_000).await;
    let buyer = fan.clone();
    let buying = async move {
        for seat in 1..=rounds {
            let held = buyer.reserve(seat % 50 + 1).await;
            if held.status == 200 {
                buyer
                    .pay_only(PRICE, &held.json()["reservationId"])
                    .await
                    .ok();
            }
        }
    };
    let payer = fan.at(second);
    let charging = async move {
        for _ in 0..rounds {
            payer.charge(1).await.ok();
        }
    };
    let (buying, charging) = (tokio::spawn(buying), tokio::spawn(charging));
    buying.await.expect("the buyer");
    charging.await.expect("the payer");
    let sold = house
        .database
        .number("SELECT COUNT(*) FROM seats WHERE status = 'sold'")
        .await;
    let expected = 1_000_000 + rounds.cast_signed() - sold * PRICE;
    assert_eq!(fan.balance().await.ok()["balance"], expected);
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_4_who_waits_for_a_balance_holds_nobody_else_up() {
    let house = House::open().await;
    let (slow, quick) = (
        house.rich_fan(1, PRICE).await,
        house.rich_fan(2, PRICE).await,
    );
    let balance = house.database.lock_balance(1).await;
    let waiting = tokio::spawn(slow.reserve(1).into_future());
    house.database.await_lock_waits(1).await;
    quick.reserve(1).await.ok();
    quick.pay(PRICE).await.ok();
    balance.free().await;
    waiting.await.expect("an answer").refused(409, "seat_taken");
}
