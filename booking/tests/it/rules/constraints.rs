//! Rule 5: READ COMMITTED, and every invariant in a WHERE, UNIQUE or CHECK, or in a read made under
//! the caller's lock.

use crate::harness::House;

/// The server's numbers for a duplicate key and for a CHECK that says no (`MariaDB`, `MySQL`).
const DUPLICATE: u16 = 1062;
const CHECK_FAILED: [u16; 2] = [4025, 3819];

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_read_committed_is_in_force_on_every_connection() {
    let house = House::open().await;
    let database = house.office().database.clone();
    for _ in 0..3 {
        let mut connection = database.connection().await.expect("a connection");
        assert_eq!(
            house.database.isolation(&mut connection).await,
            "READ-COMMITTED"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_the_database_itself_refuses_to_sell_a_seat_twice() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 10_000).await;
    fan.reserve(1).await.ok();
    fan.pay(10_000).await.ok();
    let twice = "INSERT INTO reservation_seats (reservation_id, seat_id, price, sold)
                 VALUES (UNHEX(REPEAT('0', 32)), 1, 10000, 1)";
    assert_eq!(house.database.refused(twice).await, DUPLICATE);
    // Lapsed holds may stand as often as they happened.
    house.database.run(&twice.replace(", 1)", ", NULL)")).await;
}

/// The first guard is made blind: the seat looks available although it was sold.
#[tokio::test(flavor = "multi_thread")]
async fn rule_5_a_seat_that_was_sold_behind_our_back_is_not_sold_again() {
    let house = House::open().await;
    let (first, second) = (
        house.rich_fan(1, 10_000).await,
        house.rich_fan(2, 10_000).await,
    );
    first.reserve(1).await.ok();
    first.pay(10_000).await.ok();
    let free = "UPDATE seats SET status = 'available', reservation_id = NULL WHERE id = 1";
    house.database.run(free).await;
    second.reserve(1).await.ok();
    let before = house.database.picture().await;
    second.pay(10_000).await.refused(500, "internal");
    assert_eq!(house.database.picture().await, before, "something was paid");
    let metrics = second
        .at(house.admin_address())
        .get("/metrics")
        .await
        .text();
    assert!(
        metrics.contains("booking_alarms_total"),
        "no alarm in {metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_the_database_itself_refuses_a_negative_balance() {
    let house = House::open().await;
    house.fan(1).charge(5).await.ok();
    let overdraw = "UPDATE balances SET balance = balance - 6 WHERE user_id = 1";
    assert!(CHECK_FAILED.contains(&house.database.refused(overdraw).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_a_payment_has_one_entry_in_the_ledger_and_a_reservation_one_payment() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 10_000).await;
    fan.reserve(1).await.ok();
    fan.pay(10_000).await.ok();
    let entry = "INSERT INTO balance_history
                    (user_id, kind, ref, amount, balance_after, created_at)
                 SELECT user_id, kind, ref, amount, balance_after, created_at
                   FROM balance_history WHERE kind = 'payment'";
    assert_eq!(house.database.refused(entry).await, DUPLICATE);
    let payment = "INSERT INTO payments (id, reservation_id, user_id, amount, paid_at)
                   SELECT UNHEX(REPEAT('1', 32)), reservation_id, user_id, amount, paid_at
                     FROM payments";
    assert_eq!(house.database.refused(payment).await, DUPLICATE);
}
