//! `process` judges in the contract's order: body, key, reservation, holds, amount, balance, time.

use serde_json::json;

use crate::harness::{House, VIP_SEAT};

const PRICE: i64 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn all_live_holds_are_paid_together() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 100_000).await;
    let first = fan.reserve(1).await.ok();
    let second = fan.reserve(51).await.ok();
    let paid = fan.pay(22_000).await;
    let payments = paid.ok()["payments"].clone();
    assert_eq!(payments[0]["reservationId"], first["reservationId"]);
    assert_eq!(payments[0]["amount"], PRICE);
    assert_eq!(payments[1]["reservationId"], second["reservationId"]);
    assert_eq!(payments[1]["seatIds"], json!([51]));
    assert_eq!(paid.json()["balance"], 78_000);
    assert_eq!(paid.header("stagedoor-command"), Some("revoke; t=7"));
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_reservation_can_be_paid_alone_and_the_session_goes_on() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 100_000).await;
    let first = fan.reserve(1).await.ok();
    fan.reserve(2).await.ok();
    let paid = fan.pay_only(PRICE, &first["reservationId"]).await;
    paid.ok();
    assert_eq!(
        paid.header("stagedoor-command"),
        None,
        "another hold is live"
    );
    let rest = fan.pay(PRICE).await;
    rest.ok();
    assert_eq!(rest.header("stagedoor-command"), Some("revoke; t=7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_reservation_is_404_like_an_unknown_one() {
    let house = House::open().await;
    let (owner, other) = (
        house.rich_fan(1, PRICE).await,
        house.rich_fan(2, PRICE).await,
    );
    let held = owner.reserve(1).await.ok();
    let foreign = other.pay_only(PRICE, &held["reservationId"]).await;
    foreign.refused(404, "reservation_not_found");
    let unknown = json!("01931d2e-0000-7000-8000-000000000000");
    // The amount is wrong too, but that is judged later.
    other
        .pay_only(1, &unknown)
        .await
        .refused(404, "reservation_not_found");
    owner.pay(PRICE).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_live_hold_the_answer_says_why() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 100_000).await;
    fan.pay(PRICE).await.refused(409, "nothing_to_pay");
    house
        .late_fan(1)
        .pay(PRICE)
        .await
        .refused(403, "session_expired");
    let held = fan.reserve(1).await.ok();
    house.database.lapse_holds().await;
    fan.pay(PRICE).await.refused(410, "hold_expired");
    house
        .late_fan(1)
        .pay(PRICE)
        .await
        .refused(410, "hold_expired");
    fan.pay_only(PRICE, &held["reservationId"])
        .await
        .refused(410, "hold_expired");
    let long_ago = "UPDATE reservations SET created_at = created_at - INTERVAL 2 HOUR,
                           expires_at = expires_at - INTERVAL 2 HOUR";
    house.database.run(long_ago).await;
    house
        .database
        .run("UPDATE seats SET hold_expires_at = hold_expires_at - INTERVAL 2 HOUR")
        .await;
    fan.pay(PRICE).await.refused(409, "nothing_to_pay");
    house
        .late_fan(1)
        .pay(PRICE)
        .await
        .refused(403, "session_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_is_paid_or_released_says_so() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 100_000).await;
    let paid = fan.reserve(1).await.ok();
    fan.pay(PRICE).await.ok();
    fan.pay_only(PRICE, &paid["reservationId"])
        .await
        .refused(409, "already_paid");
    let released = fan.reserve(2).await.ok();
    fan.release(&released["reservationId"]).await.ok();
    let answer = fan.pay_only(PRICE, &released["reservationId"]).await;
    assert!(matches!(answer.status, 409 | 410), "{}", answer.text());
    fan.pay(PRICE).await.refused(409, "nothing_to_pay");
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_is_409_with_what_would_be_right() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 1).await;
    let held = fan.reserve(1).await.ok();
    for amount in [1, 9_999, 10_001, 10_000_000] {
        let problem = fan.pay(amount).await.refused(409, "amount_mismatch");
        assert_eq!(problem["expected"], PRICE);
        let reservation = &problem["reservations"][0];
        assert_eq!(reservation["reservationId"], held["reservationId"]);
        assert_eq!(reservation["amount"], PRICE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_small_a_balance_is_402_and_the_hold_stays() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 9_999).await;
    fan.reserve(1).await.ok();
    let problem = fan.pay(PRICE).await.refused(402, "insufficient_balance");
    assert_eq!(
        (&problem["balance"], &problem["required"]),
        (&json!(9_999), &json!(PRICE))
    );
    let nobody = house.fan(2);
    nobody.reserve(2).await.ok();
    let problem = nobody.pay(PRICE).await.refused(402, "insufficient_balance");
    assert_eq!(problem["balance"], 0);
    house.fan(3).reserve(1).await.refused(409, "seat_taken");
    fan.charge(1).await.ok();
    fan.pay(PRICE).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_price_is_frozen_when_the_hold_is_made() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 100_000).await;
    fan.reserve(1).await.ok();
    house
        .database
        .run("UPDATE seats SET price = 99999 WHERE id = 1")
        .await;
    assert_eq!(fan.reserve(1).await.ok()["amount"], PRICE);
    fan.pay(PRICE).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_of_another_queue_are_not_meant() {
    let house = House::open().await;
    let (main, vip) = (house.rich_fan(1, 100_000).await, house.fan_of("vip", 1));
    vip.reserve(VIP_SEAT).await.ok();
    main.pay(90_000).await.refused(409, "nothing_to_pay");
    main.reserve(1).await.ok();
    main.pay(PRICE).await.ok();
    vip.pay(90_000).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_lapsed_hold_of_two_is_left_out_of_the_sum() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 100_000).await;
    fan.reserve(1).await.ok();
    house.database.lapse_holds().await;
    fan.reserve(2).await.ok();
    let problem = fan.pay(2 * PRICE).await.refused(409, "amount_mismatch");
    assert_eq!(problem["expected"], PRICE);
    fan.pay(PRICE).await.ok();
}
