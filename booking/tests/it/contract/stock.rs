//! The stock, which the line asks for on the admin listener.

use serde_json::{Value, json};

use crate::harness::{Call, House, eventually};

fn stock(house: &House) -> Call {
    let fan = house.fan(1).without_pass().at(house.admin_address());
    fan.get("/internal/stock")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stock_of_every_queue_is_told_without_a_pass() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 20_000).await;
    fan.reserve(1).await.ok();
    fan.pay(10_000).await.ok();
    fan.reserve(2).await.ok();
    house.fan(2).reserve(3).await.ok();
    let lapse = "UPDATE seats SET hold_expires_at = UTC_TIMESTAMP(6) WHERE id = 3";
    house.database.run(lapse).await;
    let block = "UPDATE seats SET status = 'blocked' WHERE id = 4";
    house.database.run(block).await;
    let told = stock(&house).await.ok();
    // Evening has 50, 10 and 1 seats on dates whose sale is not over, one of them blocked.
    let main = json!({ "queue": "main", "left": 58, "held": 1, "sold": 1 });
    let vip = json!({ "queue": "vip", "left": 1, "held": 0, "sold": 0 });
    assert_eq!(told["queues"], json!([main, vip]));
    let left_ms = told["expiresInMs"].as_u64().expect("a number");
    assert!((1..=1_000).contains(&left_ms), "{left_ms}");
    let public = house.fan(1).get("/internal/stock").await;
    public.refused(404, "route_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stock_follows_the_sale() {
    let house = House::open().await;
    let left = |told: &Value| told["queues"][0]["left"].as_i64();
    let before = left(&stock(&house).await.ok()).expect("a number");
    house.fan(1).reserve(1).await.ok();
    eventually("one seat less is left", async || {
        left(&stock(&house).await.ok()) == Some(before - 1)
    })
    .await;
}
