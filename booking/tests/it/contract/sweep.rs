//! The sweeper is hygiene: it frees what has lapsed, and nothing else.

use std::time::Duration;

use crate::harness::{House, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_frees_lapsed_holds_and_closes_their_reservations() {
    let house = House::open().await;
    let (late, live) = (house.fan(1), house.fan(2));
    late.reserve(1).await.ok();
    late.reserve(2).await.ok();
    house.database.lapse_holds().await;
    live.reserve(3).await.ok();
    assert_eq!(house.sweep().await, 2);
    let of = async |sql: &str| house.database.texts(sql).await;
    let free = "SELECT CAST(id AS CHAR) FROM seats WHERE status = 'available' AND id <= 3";
    assert_eq!(of(free).await, ["1", "2"]);
    let states = "SELECT CAST(status AS CHAR) FROM reservations ORDER BY user_id";
    assert_eq!(of(states).await, ["expired", "expired", "reserved"]);
    assert_eq!(house.sweep().await, 0);
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_leaves_what_was_taken_over_paid_or_released() {
    let house = House::open().await;
    let (first, second) = (house.fan(1), house.rich_fan(2, 10_000).await);
    first.reserve(1).await.ok();
    house.database.lapse_holds().await;
    second.reserve(1).await.ok();
    second.pay(10_000).await.ok();
    assert_eq!(house.sweep().await, 0);
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_are_forgotten_after_their_day() {
    let house = House::open().await;
    let fan = house.fan(1);
    fan.charge(1).key("old").await.ok();
    let older = |hours: u32| {
        let back = format!("created_at = created_at - INTERVAL {hours} HOUR");
        format!("UPDATE idempotency_keys SET {back}")
    };
    house.database.run(&older(24)).await;
    house.sweep().await;
    assert_eq!(
        fan.charge(1).key("old").await.header("idempotent-replayed"),
        Some("true")
    );
    house.database.run(&older(1_000)).await;
    house.sweep().await;
    assert_eq!(fan.charge(1).key("old").await.ok()["balance"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_booking_sweeps_by_itself() {
    let house = House::with(|settings| {
        settings.sweep_every = Some(Duration::from_millis(50));
        settings.hold = Duration::from_millis(50);
    })
    .await;
    house.fan(1).reserve(1).await.ok();
    let free = "SELECT COUNT(*) FROM seats WHERE id = 1 AND status = 'available'";
    eventually("the seat is free", async || {
        house.database.number(free).await == 1
    })
    .await;
    house.database.assert_clean().await;
}
