//! `seatIds`: several seats at once, all of them or none.

use serde_json::json;

use crate::harness::{Call, Fan, House};

fn reserve(fan: &Fan, seats: &[u64]) -> Call {
    let body = json!({ "userId": fan.id, "seatIds": seats });
    fan.post("/api/reserve", &body)
}

#[tokio::test(flavor = "multi_thread")]
async fn several_seats_are_one_reservation_and_are_paid_together() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 20_000).await;
    let held = reserve(&fan, &[11, 10]).await.ok();
    assert_eq!(held["seatIds"], json!([10, 11]));
    assert_eq!(held["amount"], 20_000);
    assert!(held.get("seatId").is_none(), "{held}");
    let again = reserve(&fan, &[10, 11]).await.ok();
    assert_eq!(again["reservationId"], held["reservationId"]);
    let paid = fan.pay(20_000).await.ok();
    assert_eq!(paid["payments"][0]["seatIds"], json!([10, 11]));
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_seat_is_answered_both_ways() {
    let house = House::open().await;
    let held = house.fan(1).reserve(10).await.ok();
    assert_eq!(held["seatId"], 10);
    assert_eq!(held["seatIds"], json!([10]));
    let alone = reserve(&house.fan(1), &[10]).await.ok();
    assert_eq!(alone["seatId"], 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_the_seats_or_none() {
    let house = House::open().await;
    house.fan(2).reserve(11).await.ok();
    let refused = reserve(&house.fan(1), &[10, 11, 12]).await;
    assert_eq!(refused.refused(409, "seat_taken")["seatIds"], json!([11]));
    house.fan(3).reserve(10).await.ok();
    let of_two_dates = reserve(&house.fan(1), &[1, 51]).await;
    let refused = of_two_dates.refused(422, "invalid_field");
    assert_eq!(refused["field"], "seatIds");
    let unknown = reserve(&house.fan(1), &[1, 9_999]).await;
    assert_eq!(
        unknown.refused(404, "seat_not_found")["seatIds"],
        json!([9_999])
    );
    let held = house
        .database
        .number("SELECT COUNT(*) FROM reservations")
        .await;
    assert_eq!(held, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_counts_every_seat() {
    let house = House::open().await;
    let fan = house.fan(1);
    reserve(&fan, &[1, 2, 3]).await.ok();
    reserve(&fan, &[4, 5]).await.refused(409, "seat_limit");
    reserve(&fan, &[4]).await.ok();
    let five = reserve(&house.fan(2), &[10, 11, 12, 13, 14]).await;
    assert_eq!(five.refused(422, "invalid_field")["field"], "seatIds");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_seats_come_back_under_their_key() {
    let house = House::open().await;
    let fan = house.fan(1);
    let first = reserve(&fan, &[10, 11]).key("two").await;
    let again = reserve(&fan, &[10, 11]).key("two").await;
    assert_eq!(first.body, again.body);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    reserve(&fan, &[10, 12])
        .key("two")
        .await
        .refused(422, "key_reused");
}
