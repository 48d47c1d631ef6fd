//! Rule 9: `booking audit` proves it, in one snapshot, safe during a sale.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::Rng as _;

use crate::harness::{Fan, House, deep, dice, scatter};

/// What is planted, and the question that has to find it.
const BROKEN: [(&str, &str); 24] = [
    (
        "UPDATE seats SET status = 'sold', reservation_id = UNHEX(REPEAT('0', 32)) WHERE id = 9",
        "a sold seat has no sale",
    ),
    ("DELETE FROM payments", "a sold seat has no sale"),
    (
        "UPDATE payments SET refunded_at = paid_at",
        "a sold seat has no sale",
    ),
    (
        "INSERT INTO reservation_seats SELECT UNHEX(REPEAT('0', 32)), seat_id, price, 1
           FROM reservation_seats WHERE sold = 1",
        "a seat is sold twice",
    ),
    (
        "UPDATE seats SET status = 'available', reservation_id = NULL WHERE id = 1",
        "a sale has no sold seat",
    ),
    (
        "UPDATE reservation_seats SET seat_id = 999 WHERE seat_id = 1",
        "a sale has no sold seat",
    ),
    (
        "UPDATE reservation_seats SET sold = NULL WHERE seat_id = 1",
        "a reservation is paid and its seats are not sold, or the other way round",
    ),
    (
        "UPDATE reservations SET status = 'released' WHERE status = 'paid'",
        "a reservation is paid and its seats are not sold, or the other way round",
    ),
    (
        "UPDATE reservations SET amount = amount - 1 WHERE status = 'paid'",
        "a reservation is not the sum of its seats",
    ),
    (
        "DELETE FROM reservation_seats WHERE seat_id = 2",
        "a reservation is not the sum of its seats",
    ),
    (
        "UPDATE payments SET amount = amount + 1",
        "a reservation and its payment disagree",
    ),
    (
        "UPDATE payments SET user_id = 99",
        "a reservation and its payment disagree",
    ),
    (
        "UPDATE payments SET reservation_id = UNHEX(REPEAT('0', 32))",
        "a payment has no reservation",
    ),
    (
        "UPDATE seats SET hold_expires_at = NULL WHERE id = 2",
        "a seat's state is not whole",
    ),
    (
        "UPDATE seats SET reservation_id = UNHEX(REPEAT('0', 32)) WHERE id = 8",
        "a seat's state is not whole",
    ),
    (
        "UPDATE reservations SET status = 'expired' WHERE status = 'reserved'",
        "a live hold has a closed reservation",
    ),
    (
        "DELETE FROM reservations WHERE status = 'reserved'",
        "a live hold has a closed reservation",
    ),
    (
        "UPDATE seats SET hold_expires_at = hold_expires_at + INTERVAL 1 MICROSECOND WHERE id = 2",
        "a hold is not what its reservation says",
    ),
    (
        "UPDATE seats SET status = 'available', reservation_id = NULL, hold_expires_at = NULL
          WHERE id = 2",
        "a live reservation has lost a seat",
    ),
    (
        "UPDATE balances SET balance = balance + 1 WHERE user_id = 1",
        "a balance is not the sum of its history, or is negative",
    ),
    (
        "DELETE FROM balance_history WHERE kind = 'charge' AND user_id = 2",
        "the won of all do not add up",
    ),
    (
        "DELETE FROM balances WHERE user_id = 2",
        "a history has no balance",
    ),
    (
        "UPDATE balance_history SET balance_after = balance_after + 1 WHERE kind = 'payment'",
        "a history does not add up line by line",
    ),
    (
        "UPDATE balance_history SET kind = 'refund' WHERE kind = 'payment'",
        "a payment or refund is not in the history",
    ),
];

/// Fan 1 has bought seat 1, fan 2 holds seat 2.
async fn house() -> House {
    let house = House::open().await;
    let (buyer, holder) = (house.rich_fan(1, 15_000).await, house.rich_fan(2, 5).await);
    buyer.reserve(1).await.ok();
    buyer.pay(10_000).await.ok();
    holder.reserve(2).await.ok();
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_the_audit_finds_each_kind_of_corruption() {
    let house = house().await;
    house.database.assert_clean().await;
    house.database.remember_without_constraints().await;
    for (sql, check) in BROKEN {
        house.database.run(sql).await;
        let report = house.database.audit().await;
        let found = report
            .findings
            .iter()
            .find(|finding| finding.check == check);
        let found = found.unwrap_or_else(|| panic!("{check} was not found after {sql}:\n{report}"));
        let wrong = &found.wrong;
        let named = wrong.seat_id.is_some() || wrong.user_id.is_some();
        let named = named || wrong.reservation_id.is_some() || check.starts_with("the won");
        assert!(named, "no id in {found}");
        house.database.restore().await;
    }
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_the_history_may_not_tell_of_a_payment_that_never_was() {
    let house = house().await;
    house
        .database
        .run(
            "INSERT INTO balance_history (user_id, kind, ref, amount, balance_after, created_at)
             VALUES (2, 'payment', UNHEX(REPEAT('7', 32)), 5, 0, UTC_TIMESTAMP(6));
             UPDATE balances SET balance = 0 WHERE user_id = 2",
        )
        .await;
    let report = house.database.audit().await;
    let checks: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.check)
        .collect();
    assert_eq!(
        checks,
        ["the history has a payment or refund that never was"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_a_lapsed_hold_whose_reservation_a_thief_has_closed_is_in_order() {
    let house = house().await;
    house.database.lapse_holds().await;
    house
        .database
        .run("UPDATE reservations SET status = 'expired' WHERE status = 'reserved'")
        .await;
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_the_summary_counts_every_seat_and_every_won() {
    let report = house().await.database.audit().await;
    let seats = &report.totals;
    assert_eq!(
        (seats.available, seats.held, seats.sold, seats.blocked),
        (62, 1, 1, 0)
    );
    let won = (seats.charged, seats.paid, seats.refunded, seats.in_balances);
    assert_eq!(won, (15_005, 10_000, 0, 5_005));
    let text = report.to_string();
    assert!(
        text.starts_with("64 seats: 62 available, 1 held, 1 sold, 0 blocked\n"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_the_audit_is_clean_while_a_sale_runs() {
    let house = Arc::new(House::open().await);
    house.lift_limit().await;
    let over = Arc::new(AtomicBool::new(false));
    let auditor = {
        let (house, over) = (Arc::clone(&house), Arc::clone(&over));
        tokio::spawn(async move {
            let mut audits = 0;
            while !over.load(Ordering::SeqCst) {
                house.database.assert_clean().await;
                audits += 1;
            }
            audits
        })
    };
    let rounds = deep(12, 300);
    let fans = (1..=16).map(|id| house.fan(id));
    scatter(fans.map(|fan| shop(fan, rounds))).await;
    over.store(true, Ordering::SeqCst);
    assert!(auditor.await.expect("every audit is clean") > 0);
    house.database.assert_clean().await;
}

async fn shop(fan: Fan, rounds: u64) {
    let mut dice = dice(fan.id);
    for _ in 0..rounds {
        fan.charge(10_000).await.ok();
        let held = fan.reserve(dice.random_range(1..=50)).await;
        if held.status != 200 {
            continue;
        }
        let id = &held.json()["reservationId"];
        if dice.random_bool(0.5) {
            fan.pay_only(10_000, id).await.ok();
        } else {
            fan.release(id).await.ok();
        }
    }
}
