//! Rule 3: expiry is lazy and on the database's clock. Later than now may pay, now or earlier may
//! be taken.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::Rng as _;
use serde_json::Value;

use crate::harness::{Answer, Fan, House, deep, dice, eventually, scatter};

const PRICE: i64 = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn rule_3_the_end_of_a_hold_is_the_same_in_both_rows() {
    let house = House::open().await;
    house.fan(1).reserve(1).await.ok();
    let differ = "SELECT COUNT(*) FROM seats s JOIN reservations r ON r.id = s.reservation_id
                   WHERE s.hold_expires_at <> r.expires_at";
    assert_eq!(house.database.number(differ).await, 0);
    let length = "SELECT TIMESTAMPDIFF(MICROSECOND, created_at, expires_at) FROM reservations";
    assert_eq!(house.database.number(length).await, 300_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_3_a_lapsed_hold_is_taken_without_any_sweeper() {
    let house = House::open().await;
    let (late, quick) = (
        house.rich_fan(1, PRICE).await,
        house.rich_fan(2, PRICE).await,
    );
    late.reserve(1).await.ok();
    quick.reserve(1).await.refused(409, "seat_taken");
    house.database.lapse_holds().await;
    quick.reserve(1).await.ok();
    late.pay(PRICE).await.refused(410, "hold_expired");
    quick.pay(PRICE).await.ok();
    assert_eq!(
        late.reservations().await.ok()["items"][0]["status"],
        "expired"
    );
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_3_a_lapsed_hold_is_not_paid_although_nobody_took_it() {
    let house = House::open().await;
    let fan = house.rich_fan(1, PRICE).await;
    let held = fan.reserve(1).await.ok();
    house.database.lapse_holds().await;
    fan.pay(PRICE).await.refused(410, "hold_expired");
    fan.pay_only(PRICE, &held["reservationId"])
        .await
        .refused(410, "hold_expired");
    assert_eq!(fan.balance().await.ok()["balance"], PRICE);
}

/// The plain read sees the hold live, because its end is not committed yet; the UPDATE then waits
/// for the seat. Only its guard can still say no.
#[tokio::test(flavor = "multi_thread")]
async fn rule_3_a_hold_that_ends_before_its_seat_is_reached_is_not_paid() {
    let house = House::open().await;
    let fan = house.rich_fan(1, PRICE).await;
    fan.reserve(1).await.ok();
    let lock = "SELECT * FROM seats WHERE id = 1";
    let mut seat = house.database.lock(lock).await;
    seat.also(
        "SET @end = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND;
         UPDATE seats SET hold_expires_at = @end WHERE id = 1;
         UPDATE reservations SET expires_at = @end WHERE status = 'reserved'",
    )
    .await;
    let payment = tokio::spawn(fan.pay(PRICE).into_future());
    house.database.await_lock_waits(1).await;
    seat.keep().await;
    answer(payment).await.refused(410, "hold_expired");
    assert_eq!(fan.balance().await.ok()["balance"], PRICE);
    house.database.assert_clean().await;
}

/// The UPDATE began before the end and waited for the row across it: who has the row decides.
#[tokio::test(flavor = "multi_thread")]
async fn rule_3_a_payment_that_waited_for_its_seat_across_the_end_is_right() {
    let house = House::open().await;
    let (fan, rival) = (house.rich_fan(1, PRICE).await, house.fan(2));
    fan.reserve(1).await.ok();
    house
        .database
        .end_holds_in(Duration::from_millis(700))
        .await;
    let seat = house
        .database
        .lock("SELECT * FROM seats WHERE id = 1")
        .await;
    let payment = tokio::spawn(fan.pay(PRICE).into_future());
    house.database.await_lock_waits(1).await;
    let over = "SELECT hold_expires_at <= UTC_TIMESTAMP(6) FROM seats WHERE id = 1";
    eventually("the hold has ended", async || {
        house.database.number(over).await == 1
    })
    .await;
    seat.free().await;
    answer(payment).await.ok();
    rival.reserve(1).await.refused(409, "seat_taken");
    house.database.assert_clean().await;
}

/// The rival repeats until he holds the seat or reads it sold: exactly one of the two wins.
#[tokio::test(flavor = "multi_thread")]
async fn rule_3_at_the_end_of_a_hold_either_it_is_paid_or_the_rival_has_it() {
    let house = Arc::new(House::open().await);
    let lanes = 20;
    let trials = deep(8, 500);
    house
        .database
        .import(&hall(lanes * trials), false)
        .await
        .expect("a hall");
    let first: i64 = house
        .database
        .number("SELECT MIN(id) FROM seats WHERE price = 20000")
        .await;
    let first = first.cast_unsigned();
    let lanes = (0..lanes).map(|lane| {
        let house = Arc::clone(&house);
        async move {
            let seats = (0..trials).map(|trial| first + lane * trials + trial);
            for seat in seats {
                duel(&house, seat).await;
            }
        }
    });
    scatter(lanes).await;
    house.database.assert_clean().await;
}

fn hall(seats: u64) -> String {
    let mut csv = "concert,date,section,row,seat,price\n".to_owned();
    for seat in 1..=seats {
        writeln!(csv, "Duel,2099-12-01,Hall,A,{seat},20000").expect("text");
    }
    csv
}

async fn duel(house: &House, seat: u64) {
    let (owner, rival) = (
        house.rich_fan(seat * 2, 20_000).await,
        house.fan(seat * 2 + 1),
    );
    let held = owner.reserve(seat).await.ok();
    house
        .database
        .end_hold_in(seat, Duration::from_millis(30))
        .await;
    let wait = Duration::from_micros(dice(seat).random_range(25_000..35_000));
    let sold = Arc::new(AtomicBool::new(false));
    let hunt = tokio::spawn(hunt(rival.clone(), seat, Arc::clone(&sold)));
    tokio::time::sleep(wait).await;
    let payment = owner.pay(20_000).await;
    sold.store(payment.status == 200, Ordering::SeqCst);
    let taken = hunt.await.expect("the rival");
    match (payment.status, &taken) {
        (200, None) => {}
        (410, Some(_)) => assert!(is_later(house, &held, seat).await, "taken before the end"),
        _ => panic!(
            "seat {seat}: {} and the rival has {taken:?}",
            payment.text()
        ),
    }
}

/// Repeats until the seat is his, or it was sold before he asked.
async fn hunt(rival: Fan, seat: u64, sold: Arc<AtomicBool>) -> Option<Value> {
    loop {
        let was_sold = sold.load(Ordering::SeqCst);
        let answer = rival.reserve(seat).await;
        if answer.status == 200 {
            return Some(answer.json());
        }
        answer.refused(409, "seat_taken");
        if was_sold {
            return None;
        }
    }
}

/// Whether the seat's new hold was made after the end of the old one.
async fn is_later(house: &House, old: &Value, seat: u64) -> bool {
    let old = old["reservationId"]
        .as_str()
        .unwrap_or_default()
        .replace('-', "");
    let sql = format!(
        "SELECT new.created_at >= old.expires_at
           FROM seats s JOIN reservations new ON new.id = s.reservation_id
           JOIN reservations old ON old.id = UNHEX('{old}') WHERE s.id = {seat}"
    );
    house.database.number(&sql).await == 1
}

/// Everyone at once on few seats whose holds end all the time: fans who take, pay and release, and
/// two sweepers.
#[tokio::test(flavor = "multi_thread")]
async fn rule_3_the_sweeper_disturbs_neither_payment_nor_release_nor_take_over() {
    let house = House::with(|settings| {
        settings.hold = Duration::from_millis(40);
        settings.cooldown = Duration::ZERO;
    })
    .await;
    house.lift_limit().await;
    let house = Arc::new(house);
    let rounds = deep(15, 500);
    let mut fans = Vec::new();
    for id in 1..=20 {
        let fan = house.rich_fan(id, 10_000_000).await;
        fans.push(fan);
    }
    let sweepers = [0, 1].map(|_| {
        let house = Arc::clone(&house);
        tokio::spawn(async move {
            loop {
                house.sweep().await;
            }
        })
    });
    scatter(fans.into_iter().map(|fan| jostle(fan, rounds))).await;
    for sweeper in sweepers {
        sweeper.abort();
    }
    house.await_calm().await;
    house.database.assert_no_deadlock().await;
    house.database.assert_clean().await;
}

async fn jostle(fan: Fan, rounds: u64) {
    let mut dice = dice(fan.id);
    for _ in 0..rounds {
        let held = fan.reserve(dice.random_range(1..=50)).await;
        if held.status != 200 {
            held.refused(409, "seat_taken");
            continue;
        }
        let held = held.ok();
        if dice.random_bool(0.3) {
            tokio::time::sleep(Duration::from_millis(dice.random_range(0..60))).await;
        }
        let answer = if dice.random_bool(0.2) {
            fan.pay_only(PRICE, &held["reservationId"]).await
        } else {
            fan.release(&held["reservationId"]).await
        };
        if answer.status != 200 {
            answer.refused(410, "hold_expired");
        }
    }
}

async fn answer(spawned: tokio::task::JoinHandle<Answer>) -> Answer {
    spawned.await.expect("an answer")
}
