//! `date` and `count`: the best seats that are left, chosen by the box office.

use serde_json::{Value, json};

use crate::harness::{Call, FIRST, Fan, House, SECOND, SOON};

fn best(fan: &Fan, date: &str, count: u64) -> Call {
    with(fan, date, count, &json!({}))
}

fn with(fan: &Fan, date: &str, count: u64, more: &Value) -> Call {
    let mut body = json!({ "userId": fan.id, "date": date, "count": count });
    let more = more.as_object().cloned().unwrap_or_default();
    body.as_object_mut().expect("an object").extend(more);
    fan.post("/api/reserve", &body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_middle_of_the_row_goes_first_and_no_single_seat_is_left() {
    let house = House::open().await;
    let held = best(&house.fan(1), FIRST, 3).await.ok();
    assert_eq!(held["seatIds"], json!([24, 25, 26]));
    assert_eq!(held["amount"], 30_000);
    let held = best(&house.fan(2), FIRST, 2).await.ok();
    assert_eq!(held["seatIds"], json!([27, 28]));
    // 20 alone would be left beside a pair in 21 and 22.
    house.fan(3).reserve(19).await.ok();
    let held = best(&house.fan(4), FIRST, 3).await.ok();
    assert_eq!(held["seatIds"], json!([29, 30, 31]));
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_and_a_section_can_be_asked_for() {
    let house = House::open().await;
    let fan = house.fan(1);
    let wish = json!({ "priceLevel": 10_000, "section": "Hall", "concertId": 1 });
    with(&fan, FIRST, 1, &wish).await.ok();
    for wish in [
        json!({ "priceLevel": 9_999 }),
        json!({ "section": "hall' OR '1'='1" }),
    ] {
        let refused = with(&fan, FIRST, 1, &wish).await;
        assert_eq!(refused.refused(409, "sold_out")["together"], 0);
    }
    with(&fan, FIRST, 1, &json!({ "concertId": 99 }))
        .await
        .refused(404, "concert_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_more_than_is_together_hears_how_many_are() {
    let house = House::open().await;
    house.lift_limit().await;
    for seat in [52, 54, 57, 60] {
        house.fan(1).reserve(seat).await.ok();
    }
    let refused = best(&house.fan(2), SECOND, 3).await;
    assert_eq!(refused.refused(409, "sold_out")["together"], 2);
    let held = best(&house.fan(2), SECOND, 2).await.ok();
    assert_eq!(held["seatIds"], json!([55, 56]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_reserving_hold_for_the_best_as_well() {
    let house = House::open().await;
    let fan = house.fan(1);
    best(&fan, "2099-01-01", 1)
        .await
        .refused(404, "date_not_found");
    best(&fan, SOON, 1).await.refused(409, "sale_not_open");
    let other_queue = house.fan_of("vip", 1);
    best(&other_queue, FIRST, 1)
        .await
        .refused(403, "wrong_queue");
    best(&fan, FIRST, 4).await.ok();
    best(&fan, FIRST, 1).await.refused(409, "seat_limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gets_the_same_seats() {
    let house = House::open().await;
    let fan = house.fan(1);
    let first = best(&fan, SECOND, 2).key("best").await;
    let again = best(&fan, SECOND, 2).key("best").await;
    assert_eq!(first.body, again.body);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    // Also when nothing is left that could be chosen.
    house
        .database
        .run("UPDATE seats SET status = 'blocked' WHERE status = 'available'")
        .await;
    let again = best(&fan, SECOND, 2).key("best").await;
    assert_eq!(first.body, again.body);
    best(&fan, SECOND, 1).await.refused(409, "sold_out");
}
