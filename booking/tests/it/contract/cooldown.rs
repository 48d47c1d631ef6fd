//! The cool-down: who lets a seat lapse has to leave it to others for a while.

use std::time::Duration;

use serde_json::json;

use crate::harness::{FIRST, House};

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_lapsed_is_for_others_first() {
    let house = House::open().await;
    let fan = house.fan(1);
    fan.reserve(1).await.ok();
    house.database.lapse_holds().await;
    let refused = fan.reserve(1).await;
    let refused = refused.refused(409, "seat_cooldown");
    assert_eq!(refused["seatIds"], json!([1]));
    let wait = refused["retryAfterMs"].as_i64().expect("milliseconds");
    assert!((1..=59_000).contains(&wait), "{wait}");
    fan.reserve(2).await.ok();
    house.fan(2).reserve(1).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn swept_or_not_it_has_lapsed() {
    let house = House::open().await;
    let fan = house.fan(1);
    fan.reserve(1).await.ok();
    house.database.lapse_holds().await;
    assert_eq!(house.sweep().await, 1);
    fan.reserve(1).await.refused(409, "seat_cooldown");
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_it_back_is_no_lapse_unless_it_comes_too_late() {
    let house = House::open().await;
    let fan = house.fan(1);
    let held = fan.reserve(1).await.ok();
    fan.release(&held["reservationId"]).await.ok();
    let held = fan.reserve(1).await.ok();
    house.database.lapse_holds().await;
    fan.release(&held["reservationId"]).await.ok();
    fan.reserve(1).await.refused(409, "seat_cooldown");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_over_after_its_time() {
    let house = House::with(|settings| settings.cooldown = Duration::from_secs(1)).await;
    let fan = house.fan(1);
    fan.reserve(1).await.ok();
    // It ended a second ago.
    house.database.lapse_holds().await;
    fan.reserve(1).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_are_chosen_among_the_others() {
    let house = House::open().await;
    let fan = house.fan(1);
    let best = || {
        let body = json!({ "userId": 1, "date": FIRST, "count": 2 });
        fan.post("/api/reserve", &body)
    };
    assert_eq!(best().await.ok()["seatIds"], json!([25, 26]));
    house.database.lapse_holds().await;
    assert_eq!(best().await.ok()["seatIds"], json!([23, 24]));
}
