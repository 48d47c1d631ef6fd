//! Refunds in a crowd: the money goes back once, whoever else is after the same seats.

use std::sync::Arc;

use rand::Rng as _;
use serde_json::Value;

use crate::harness::{Answer, Fan, House, at_once, deep, dice, scatter};

const PRICE: i64 = 10_000;

/// Several instances, because one alone lets only two calls of a user in at once.
#[tokio::test(flavor = "multi_thread")]
async fn rule_4_fifty_cancels_of_one_reservation_refund_once() {
    let mut house = House::open().await;
    house.refund_until(24).await;
    let others = [house.add_instance(|_| {}), house.add_instance(|_| {})];
    for round in 1..=deep(5, 50) {
        let fan = house.rich_fan(round, PRICE).await;
        let held = fan.reserve(round).await.ok();
        fan.pay(PRICE).await.ok();
        let at_all = [fan.clone(), fan.at(others[0]), fan.at(others[1])];
        let id = held["reservationId"].clone();
        let calls = at_all.into_iter().cycle().take(50);
        let calls = calls.map(|fan| cancel(fan, id.clone()));
        let (done, rest): (Vec<_>, Vec<_>) = at_once(calls)
            .await
            .into_iter()
            .partition(|answer| answer.status == 200);
        assert!(!done.is_empty(), "nobody cancelled");
        assert!(done.iter().all(|one| one.body == done[0].body), "{done:?}");
        for answer in rest {
            answer.refused(429, "too_many_in_flight");
        }
        assert_eq!(fan.balance().await.ok()["balance"], PRICE);
    }
    house.database.assert_clean().await;
}

async fn cancel(fan: Fan, id: Value) -> Answer {
    fan.cancel(&id).await
}

/// A fan cancels while the same fan pays and gives back, others take the seat, and the sweeper
/// runs.
#[tokio::test(flavor = "multi_thread")]
async fn rule_9_after_any_interleaving_of_buying_and_cancelling_the_books_are_right() {
    let mut house = House::open().await;
    house.lift_limit().await;
    house.refund_until(24).await;
    let second = house.add_instance(|_| {});
    let house = Arc::new(house);
    let rounds = deep(15, 400);
    let fans = (1..=8_u64).flat_map(|id| {
        let fan = house.fan(id);
        let other = fan.at(second);
        [(id, fan), (id + 100, other)]
    });
    let storms = fans.map(|(stream, fan)| {
        let house = Arc::clone(&house);
        async move { storm(&house, fan, stream, rounds).await }
    });
    scatter(storms).await;
    house.database.assert_no_deadlock().await;
    house.database.assert_clean().await;
    let refunds = "SELECT COUNT(*) FROM payments WHERE refunded_at IS NOT NULL";
    assert!(house.database.number(refunds).await > 0, "nobody cancelled");
}

/// What one of a fan's two devices does; the other does the same with the same seats.
async fn storm(house: &House, fan: Fan, stream: u64, rounds: u64) {
    let mut dice = dice(stream);
    for _ in 0..rounds {
        fan.charge(PRICE).await;
        let held = fan.reserve(dice.random_range(1..=6)).await;
        expect(&held);
        let list = fan.reservations().await.ok();
        let items = list["items"].as_array().expect("a list");
        for one in items.iter().take(3) {
            let id = &one["reservationId"];
            expect(&match dice.random_range(0..5) {
                0 => fan.release(id).await,
                1 | 2 => fan.pay_only(PRICE, id).await,
                _ => fan.cancel(id).await,
            });
        }
        if dice.random_bool(0.1) {
            house.sweep().await;
        }
    }
}

/// A success, or a refusal that is not our mistake.
#[track_caller]
fn expect(answer: &Answer) {
    let fine = matches!(answer.status, 200 | 402 | 409 | 410 | 429);
    assert!(fine, "{}", answer.text());
}
