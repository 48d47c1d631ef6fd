//! Who may hold which seat, and what the others are told.

use serde_json::json;

use crate::harness::{House, VIP_SEAT};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_fan_gets_409_and_no_hold() {
    let house = House::open().await;
    house.fan(1).reserve(1).await.ok();
    let problem = house.fan(2).reserve(1).await.refused(409, "seat_taken");
    assert_eq!(problem["seatIds"], json!([1]));
    assert_eq!(house.fan(2).reservations().await.ok()["items"], json!([]));
    assert_eq!(
        house
            .database
            .number("SELECT COUNT(*) FROM reservations")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_i_hold_is_answered_with_the_same_reservation() {
    let house = House::open().await;
    let fan = house.fan(1);
    let (first, again) = (fan.reserve(1).await.ok(), fan.reserve(1).await.ok());
    assert_eq!(again["reservationId"], first["reservationId"]);
    assert_eq!(again["expiresAt"], first["expiresAt"]);
    assert!(again["expiresInMs"].as_i64() <= first["expiresInMs"].as_i64());
    let with_key = fan.reserve(1).key("k").await.ok();
    assert_eq!(with_key["reservationId"], first["reservationId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_i_bought_is_taken() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 10_000).await;
    fan.reserve(1).await.ok();
    fan.pay(10_000).await.ok();
    fan.reserve(1).await.refused(409, "seat_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn bought_and_held_seats_count_towards_the_limit_of_their_date() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 100_000).await;
    fan.reserve(1).await.ok();
    fan.reserve(2).await.ok();
    fan.pay(20_000).await.ok();
    let third = fan.reserve(3).await.ok();
    fan.reserve(4).await.ok();
    let problem = fan.reserve(5).await.refused(409, "seat_limit");
    assert_eq!(problem["limit"], 4);
    fan.reserve(51).await.ok();
    fan.release(&third["reservationId"]).await.ok();
    fan.reserve(5).await.ok();
    house.database.lapse_holds().await;
    fan.reserve(6).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_has_not_opened_says_when() {
    let house = House::open().await;
    let problem = house.fan(1).reserve(61).await.refused(409, "sale_not_open");
    assert_eq!(problem["opensAt"], "2099-09-01T01:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_is_over_or_of_a_past_date_is_closed() {
    let house = House::open().await;
    house.fan(1).reserve(62).await.refused(409, "sale_closed");
    house.fan(1).reserve(63).await.refused(409, "sale_closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_queues_concert_is_403() {
    let house = House::open().await;
    house
        .fan(1)
        .reserve(VIP_SEAT)
        .await
        .refused(403, "wrong_queue");
    house.fan_of("vip", 1).reserve(VIP_SEAT).await.ok();
    house
        .fan_of("vip", 1)
        .reserve(1)
        .await
        .refused(403, "wrong_queue");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_seat_is_404_and_a_blocked_one_is_taken() {
    let house = House::open().await;
    house
        .fan(1)
        .reserve(65)
        .await
        .refused(404, "seat_not_found");
    let problem = house.fan(1).reserve(9_007_199_254_740_991).await;
    problem.refused(404, "seat_not_found");
    house
        .database
        .run("UPDATE seats SET status = 'blocked' WHERE id = 2")
        .await;
    house.fan(1).reserve(2).await.refused(409, "seat_taken");
    let seats = house.fan(1).seats(crate::harness::FIRST).await.ok();
    assert_eq!(seats.as_array().map(Vec::len), Some(49));
}

#[tokio::test(flavor = "multi_thread")]
async fn times_after_2038_are_times_like_any_other() {
    let decades = std::time::Duration::from_hours(30 * 365 * 24);
    let house = House::with(|settings| settings.hold = decades).await;
    let fan = house.rich_fan(1, 10_000).await;
    let held = fan.reserve(1).await.ok();
    let year: i32 = held["expiresAt"].as_str().expect("a time")[..4]
        .parse()
        .expect("a year");
    assert!(year > 2050, "{held}");
    assert_eq!(
        fan.reservations().await.ok()["items"][0]["expiresAt"],
        held["expiresAt"]
    );
    fan.pay(10_000).await.ok();
    house.database.assert_clean().await;
}
