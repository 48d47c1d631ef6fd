//! Rules 1 and 8: `InnoDB` alone judges seats and money, and booking needs no Redis at all.

use std::collections::BTreeSet;

use crate::harness::{Fan, House, Process};

async fn buy(fan: &Fan, seat: u64) {
    fan.charge(10_000).await.ok();
    fan.reserve(seat).await.ok();
    fan.pay(10_000).await.ok();
    assert_eq!(fan.balance().await.ok()["balance"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_without_any_redis_a_fan_buys_a_seat() {
    let house = House::open().await;
    let process = Process::start(&house, &[("REDIS_URL", "redis://127.0.0.1:1")]).await;
    let fan = house.fan(123).at(process.address());
    buy(&fan, 10).await;
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_8_booking_talks_to_nobody_but_its_database() {
    let house = House::open().await;
    let process = Process::start(&house, &[("REDIS_URL", "redis://127.0.0.1:1")]).await;
    let fan = house.fan(123).at(process.address());
    buy(&fan, 10).await;
    let database_port = house.database.address().port();
    assert_eq!(process.ports_it_talks_to(), BTreeSet::from([database_port]));
}

#[test]
fn rule_8_the_crate_has_no_redis_in_it() {
    let manifest = include_str!("../../../Cargo.toml");
    assert!(!manifest.contains("redis"), "booking must not need Redis");
}
