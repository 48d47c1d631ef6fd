//! Calling a date off in the middle of its sale, and with the command killed on the way.

use std::process::{Child, Command, Stdio};

use booking::actions::cancel_date::{Done, cancel_date};
use chrono::NaiveDate;
use rand::Rng as _;
use shared::ids::ConcertId;

use crate::harness::{FIRST, Fan, House, deep, dice, scatter};

const PRICE: i64 = 10_000;

fn first() -> (ConcertId, NaiveDate) {
    let concert = ConcertId::new(1).expect("an id");
    (concert, FIRST.parse().expect("a date"))
}

/// Starts the command as a process of its own.
fn start(house: &House) -> Child {
    Command::new(env!("CARGO_BIN_EXE_booking"))
        .args(["cancel-date", "1", FIRST])
        .env_clear()
        .env("DATABASE_URL", house.database.url_text())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program")
}

/// Killed while it waits for one buyer after the other, and run again each time: what was done
/// stays done, and the books are right at every moment.
#[tokio::test(flavor = "multi_thread")]
async fn rule_9_a_cancellation_that_is_killed_goes_on_where_it_was() {
    let house = House::open().await;
    let buyers = 20;
    for user in 1..=buyers {
        let fan = house.rich_fan(user, PRICE).await;
        fan.reserve(user).await.ok();
        fan.pay(PRICE).await.ok();
    }
    house.fan(30).reserve(30).await.ok();
    let refunded = "SELECT COUNT(*) FROM payments WHERE refunded_at IS NOT NULL";
    for stopped_at in [1, 8, 15, 20] {
        let balance = house.database.lock_balance(stopped_at).await;
        let mut command = start(&house);
        house.database.await_lock_waits(1).await;
        command.kill().expect("it still runs");
        command.wait().expect("its end");
        balance.free().await;
        house.await_calm().await;
        let done = house.database.number(refunded).await;
        assert_eq!(done, stopped_at.cast_signed() - 1);
        house.database.assert_clean().await;
    }
    let (concert, date) = first();
    let done = cancel_date(&house.office(), concert, date, |_| {}).await;
    assert_eq!(done.expect("the rest").refunds, 1);
    let done = cancel_date(&house.office(), concert, date, |_| {}).await;
    assert_eq!(done.expect("nothing"), Done::default());
    let blocked = "SELECT COUNT(*) FROM seats WHERE status = 'blocked'";
    assert_eq!(house.database.number(blocked).await, 50);
    for user in 1..=buyers {
        assert_eq!(house.fan(user).balance().await.ok()["balance"], PRICE);
    }
    house.database.assert_clean().await;
}

/// Whoever is in the middle of buying either gets the money back or never pays.
#[tokio::test(flavor = "multi_thread")]
async fn rule_9_a_date_called_off_in_mid_sale_leaves_nobody_with_a_seat_or_without_money() {
    for round in 0..deep(3, 40) {
        let house = House::open().await;
        house.lift_limit().await;
        house.refund_until(24).await;
        let fans: Vec<Fan> = (1..=10).map(|id| house.fan(id)).collect();
        for fan in &fans {
            fan.charge(50 * PRICE).await.ok();
        }
        let office = house.office();
        let calling_off = tokio::spawn(async move {
            let (concert, date) = first();
            cancel_date(&office, concert, date, |_| {}).await
        });
        scatter(fans.iter().map(|fan| shop(fan.clone(), round))).await;
        calling_off.await.expect("a task").expect("the date");
        let (concert, date) = first();
        let rest = cancel_date(&house.office(), concert, date, |_| {}).await;
        assert_eq!(rest.expect("nothing").refunds, 0);
        for fan in &fans {
            assert_eq!(fan.balance().await.ok()["balance"], 50 * PRICE);
        }
        house.database.assert_no_deadlock().await;
        house.database.assert_clean().await;
    }
}

async fn shop(fan: Fan, round: u64) {
    let mut dice = dice(fan.id + round * 100);
    for _ in 0..20 {
        let held = fan.reserve(dice.random_range(1..=50)).await;
        if held.status != 200 {
            continue;
        }
        let id = &held.json()["reservationId"];
        let paid = fan.pay_only(PRICE, id).await;
        assert!(paid.status < 500, "{}", paid.text());
        if dice.random_bool(0.3) {
            let cancelled = fan.cancel(id).await;
            assert!(cancelled.status < 500, "{}", cancelled.text());
        }
    }
}
