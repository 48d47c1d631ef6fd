//! What happened to a balance, page by page.

use serde_json::{Value, json};

use crate::harness::{FIRST, House};

#[tokio::test(flavor = "multi_thread")]
async fn the_history_tells_every_change_newest_first_and_what_it_was_about() {
    let house = House::open().await;
    house.refund_until(24).await;
    let fan = house.rich_fan(1, 15_000).await;
    let held = fan.reserve(7).await.ok();
    let paid = fan.pay(10_000).await.ok();
    let id = &held["reservationId"];
    let refund = fan.cancel(id).await.ok();
    let history = fan.history().await.ok();
    let items = history["items"].as_array().expect("a list");
    let told = |name: &str| -> Vec<Value> {
        let told = items.iter().map(|item| item[name].clone());
        told.collect()
    };
    assert_eq!(told("kind"), ["refund", "payment", "charge"]);
    assert_eq!(told("amount"), [10_000, 10_000, 15_000]);
    assert_eq!(told("balanceAfter"), [15_000, 5_000, 15_000]);
    let payment = &paid["payments"][0]["paymentId"];
    let purchase = |about: &Value| [about.clone(), about.clone(), Value::Null];
    assert_eq!(told("paymentId"), purchase(payment));
    assert_eq!(told("reservationId"), purchase(id));
    assert_eq!(told("concertId"), [json!(1), json!(1), Value::Null]);
    assert_eq!(told("date"), [json!(FIRST), json!(FIRST), Value::Null]);
    assert_eq!(items[0]["createdAt"], refund["refundedAt"]);
    assert_eq!(history["nextCursor"], Value::Null);
    assert_eq!(house.late_fan(1).history().await.ok(), history);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_has_pages_that_do_not_move_when_it_grows() {
    let house = House::open().await;
    let fan = house.fan(1);
    for amount in 1..=5 {
        fan.charge(amount).await.ok();
        house.fan(2).charge(100).await.ok();
    }
    let mut amounts = Vec::new();
    let mut path = "/api/1/history?limit=2".to_owned();
    loop {
        let page = fan.get(&path).await.ok();
        let items = page["items"].as_array().expect("a list").clone();
        amounts.extend(items.iter().map(|one| one["amount"].as_u64()));
        fan.charge(1_000).await.ok();
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/1/history?limit=2&cursor={cursor}");
    }
    assert_eq!(amounts, [5, 4, 3, 2, 1].map(Some));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_wrongly_is_told_so() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 1).await;
    fan.get("/api/2/history").await.refused(403, "wrong_user");
    let wrong = [
        "cursor=x",
        "cursor=",
        "cursor=1",
        "cursor=-000000000000001",
        "cursor=ffffffffffffffff",
        "limit=0",
        "limit=101",
        "limit=x",
    ];
    for query in wrong {
        let answer = fan.get(&format!("/api/1/history?{query}")).await;
        answer.refused(422, "invalid_field");
    }
    assert_eq!(house.fan(3).history().await.ok()["items"], json!([]));
}
