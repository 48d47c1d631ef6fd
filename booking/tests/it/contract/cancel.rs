//! Giving paid seats back for the money, until the concert's cutoff.

use serde_json::{Value, json};

use crate::harness::{Fan, House};

const PRICE: i64 = 10_000;

/// A fan who has bought this seat with all the money there was. Answers the reservation too.
async fn buyer(house: &House, id: u64, seat: u64) -> (Fan, Value) {
    let fan = house.rich_fan(id, PRICE).await;
    let held = fan.reserve(seat).await.ok();
    fan.pay(PRICE).await.ok();
    (fan, held["reservationId"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_seat_is_free_and_the_money_is_back() {
    let house = House::open().await;
    house.refund_until(24).await;
    let (fan, id) = buyer(&house, 1, 1).await;
    let answer = fan.cancel(&id).await;
    let cancelled = answer.ok();
    assert_eq!(
        answer.members(),
        ["reservationId", "status", "amount", "refundedAt"]
    );
    assert_eq!(cancelled["reservationId"], id);
    assert_eq!(cancelled["status"], "refunded");
    assert_eq!(cancelled["amount"], PRICE);
    assert_eq!(answer.header("stagedoor-command"), None);
    assert_eq!(fan.balance().await.ok()["balance"], PRICE);
    let listed = &fan.reservations().await.ok()["items"][0];
    assert_eq!(listed["status"], "refunded");
    assert_eq!(listed["refundedAt"], cancelled["refundedAt"]);
    let next = house.rich_fan(2, PRICE).await;
    next.reserve(1).await.ok();
    next.pay(PRICE).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn again_it_is_the_same_200_also_after_the_cutoff_and_for_the_next_buyer() {
    let house = House::open().await;
    house.refund_until(24).await;
    let (fan, id) = buyer(&house, 1, 1).await;
    let first = fan.cancel(&id).await.ok();
    buyer(&house, 2, 1).await;
    assert_eq!(fan.cancel(&id).await.ok(), first);
    house.refund_until(1_000_000).await;
    assert_eq!(fan.cancel(&id).key("k").await.ok(), first);
    assert_eq!(house.late_fan(1).cancel(&id).await.ok(), first);
    assert_eq!(fan.balance().await.ok()["balance"], PRICE);
    house.fan(3).reserve(1).await.refused(409, "seat_taken");
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_possible_until_the_cutoff_and_only_where_there_are_refunds() {
    let house = House::open().await;
    let (fan, id) = buyer(&house, 1, 1).await;
    let never = &fan.reservations().await.ok()["items"][0]["cancelUntil"];
    assert_eq!(*never, Value::Null);
    fan.cancel(&id).await.refused(409, "not_refundable");
    house.refund_until(1_000_000).await;
    let until = fan.reservations().await.ok()["items"][0]["cancelUntil"].clone();
    let problem = fan.cancel(&id).await.refused(409, "cancel_too_late");
    assert_eq!(problem["cancelUntil"], until);
    assert_eq!(fan.balance().await.ok()["balance"], 0);
    house.refund_until(0).await;
    let listed = &fan.reservations().await.ok()["items"][0];
    assert_eq!(listed["startsAt"], "2099-10-01T10:00:00.000Z");
    assert_eq!(listed["cancelUntil"], listed["startsAt"]);
    fan.cancel(&id).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_paid_is_not_refunded() {
    let house = House::open().await;
    house.refund_until(24).await;
    let fan = house.rich_fan(1, PRICE).await;
    let held = fan.reserve(1).await.ok();
    let id = &held["reservationId"];
    fan.cancel(id).await.refused(409, "not_refundable");
    fan.release(id).await.ok();
    fan.cancel(id).await.refused(409, "not_refundable");
    let (_, paid) = buyer(&house, 2, 2).await;
    house.fan(2).cancel(&paid).await.ok();
    house
        .fan(2)
        .release(&paid)
        .await
        .refused(409, "already_paid");
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_cancels_anothers_reservation() {
    let house = House::open().await;
    house.refund_until(24).await;
    let (_, id) = buyer(&house, 1, 1).await;
    let before = house.database.picture().await;
    let other = house.fan(2);
    other
        .cancel(&id)
        .await
        .refused(404, "reservation_not_found");
    let unknown = json!("01931d2e-0000-7000-8000-000000000000");
    other
        .cancel(&unknown)
        .await
        .refused(404, "reservation_not_found");
    let malformed = other.cancel(&json!("1")).await;
    malformed.refused(422, "invalid_field");
    assert_eq!(house.database.picture().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_at_its_limit_takes_no_refund_and_nothing_changes() {
    let house = House::open().await;
    house.refund_until(24).await;
    let (fan, id) = buyer(&house, 1, 1).await;
    let full = "UPDATE balances SET balance = 999999999999";
    house.database.run(full).await;
    let before = house.database.picture().await;
    fan.cancel(&id).await.refused(409, "balance_limit");
    assert_eq!(house.database.picture().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_key_it_is_replayed_and_the_key_is_good_for_nothing_else() {
    let house = House::open().await;
    house.refund_until(24).await;
    let (fan, id) = buyer(&house, 1, 1).await;
    let first = fan.cancel(&id).key("k").await;
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = fan.cancel(&id).key("k").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((again.status, &again.body), (200, &first.body));
    let other = json!("01931d2e-0000-7000-8000-000000000000");
    fan.cancel(&other).key("k").await.refused(422, "key_reused");
    fan.release(&other)
        .key("k")
        .await
        .refused(422, "key_reused");
}
