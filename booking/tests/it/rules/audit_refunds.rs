//! Rule 9 after refunds: the audit knows what a refund undoes, and finds each part left undone.

use crate::harness::House;

const NO_SALE: &str = "a sold seat has no sale";
const NOT_SOLD: &str = "a reservation is paid and its seats are not sold, or the other way round";
const DISAGREE: &str = "a reservation and its payment disagree";
const NO_ENTRY: &str = "a payment or refund is not in the history";

/// What is planted, and the question that has to find it.
const BROKEN: [(&str, &str); 11] = [
    (
        "UPDATE payments SET refunded_at = NULL WHERE refunded_at IS NOT NULL",
        DISAGREE,
    ),
    (
        "UPDATE payments SET refunded_at = paid_at WHERE refunded_at IS NULL",
        DISAGREE,
    ),
    (
        "UPDATE reservations SET status = 'paid' WHERE status = 'refunded'",
        NOT_SOLD,
    ),
    (
        "UPDATE reservations SET status = 'refunded' WHERE status = 'paid'",
        NO_SALE,
    ),
    (
        "UPDATE seats SET status = 'sold',
                reservation_id = (SELECT id FROM reservations WHERE status = 'refunded')
          WHERE id = 3",
        NO_SALE,
    ),
    (
        "UPDATE reservation_seats SET sold = 1 WHERE seat_id = 3",
        "a sale has no sold seat",
    ),
    (
        "DELETE FROM balance_history WHERE kind = 'refund'",
        NO_ENTRY,
    ),
    (
        "UPDATE balance_history SET amount = amount - 1 WHERE kind = 'refund'",
        NO_ENTRY,
    ),
    (
        "UPDATE balance_history SET user_id = 1 WHERE kind = 'refund'",
        NO_ENTRY,
    ),
    (
        "INSERT INTO balance_history (user_id, kind, ref, amount, balance_after, created_at)
         SELECT user_id, kind, ref, amount, balance_after + amount, created_at
           FROM balance_history WHERE kind = 'refund';
         UPDATE balances SET balance = balance + 10000 WHERE user_id = 3",
        "something is in the history twice",
    ),
    (
        "INSERT INTO payments
         SELECT UNHEX(REPEAT('7', 32)), reservation_id, user_id, amount, paid_at, refunded_at
           FROM payments WHERE refunded_at IS NULL",
        "a reservation is paid twice",
    ),
];

/// Fan 1 has bought seat 1, fan 3 has bought seat 3 and cancelled.
async fn house() -> House {
    let house = House::open().await;
    house.refund_until(24).await;
    for user in [1, 3] {
        let fan = house.rich_fan(user, 15_000).await;
        fan.reserve(user).await.ok();
        fan.pay(10_000).await.ok();
    }
    let fan = house.fan(3);
    let bought = fan.reservations().await.ok();
    fan.cancel(&bought["items"][0]["reservationId"]).await.ok();
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_9_the_audit_finds_each_part_of_a_refund_that_is_undone() {
    let house = house().await;
    let report = house.database.audit().await;
    assert!(report.is_clean(), "{report}");
    let won = &report.totals;
    let won = (won.charged, won.paid, won.refunded, won.in_balances);
    assert_eq!(won, (30_000, 20_000, 10_000, 20_000));
    house.database.remember_without_constraints().await;
    for (sql, check) in BROKEN {
        house.database.run(sql).await;
        let report = house.database.audit().await;
        let found = report
            .findings
            .iter()
            .find(|finding| finding.check == check);
        let found = found.unwrap_or_else(|| panic!("{check} was not found after {sql}:\n{report}"));
        assert!(found.wrong.user_id.is_some() || found.wrong.seat_id.is_some());
        house.database.restore().await;
    }
    house.database.assert_clean().await;
}
