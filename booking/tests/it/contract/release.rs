//! Giving seats back before the hold ends.

use serde_json::json;

use crate::harness::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_released_seat_is_free_for_the_next() {
    let house = House::open().await;
    let fan = house.fan(1);
    let held = fan.reserve(1).await.ok();
    let answer = fan.release(&held["reservationId"]).await;
    let id = &held["reservationId"];
    assert_eq!(
        answer.ok(),
        json!({ "reservationId": id, "status": "released" })
    );
    assert_eq!(answer.members(), ["reservationId", "status"]);
    house.fan(2).reserve(1).await.ok();
    assert_eq!(
        fan.reservations().await.ok()["items"][0]["status"],
        "released"
    );
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn again_or_after_the_end_it_is_the_same_200() {
    let house = House::open().await;
    let fan = house.fan(1);
    let held = fan.reserve(1).await.ok();
    let id = &held["reservationId"];
    let first = fan.release(id).await.ok();
    assert_eq!(fan.release(id).await.ok(), first);
    let lapsed = fan.reserve(2).await.ok();
    house.database.lapse_holds().await;
    house.fan(2).reserve(2).await.ok();
    fan.release(&lapsed["reservationId"]).await.ok();
    house.fan(3).reserve(2).await.refused(409, "seat_taken");
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_reservation_is_not_released() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 10_000).await;
    let held = fan.reserve(1).await.ok();
    fan.pay(10_000).await.ok();
    fan.release(&held["reservationId"])
        .await
        .refused(409, "already_paid");
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_releases_anothers_seats() {
    let house = House::open().await;
    let held = house.fan(1).reserve(1).await.ok();
    let answer = house.fan(2).release(&held["reservationId"]).await;
    answer.refused(404, "reservation_not_found");
    let unknown = json!("01931d2e-0000-7000-8000-000000000000");
    house
        .fan(2)
        .release(&unknown)
        .await
        .refused(404, "reservation_not_found");
    house.fan(2).reserve(1).await.refused(409, "seat_taken");
}
