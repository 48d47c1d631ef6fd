//! Blocking: an operator takes seats out of the sale, all that are named or none.

use std::process::{Command, Output};

use crate::harness::{FIRST, House};

fn booking(house: &House, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_booking"))
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", house.database.url_text())
        .output()
        .expect("the program")
}

#[track_caller]
fn done(output: &Output, told: &str) {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), told);
}

#[track_caller]
fn refused(output: &Output, told: &str) {
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, format!("booking: nothing was changed: {told}\n"));
}

async fn blocked(house: &House) -> Vec<String> {
    let ids = "SELECT CAST(id AS CHAR) FROM seats WHERE status = 'blocked' ORDER BY seats.id";
    house.database.texts(ids).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_seat_is_not_for_sale_until_it_is_unblocked() {
    let house = House::open().await;
    let fan = house.fan(1);
    done(
        &booking(&house, &["block", "3", "1", "3"]),
        "blocked 2 seats\n",
    );
    assert_eq!(blocked(&house).await, ["1", "3"]);
    let seats = fan.seats(FIRST).await.ok();
    assert_eq!(seats.as_array().map(Vec::len), Some(48));
    let taken = fan.reserve(1).await.refused(409, "seat_taken");
    assert_eq!(taken["seatIds"], serde_json::json!([1]));
    house.database.assert_clean().await;
    done(&booking(&house, &["unblock", "1"]), "unblocked 1 seat\n");
    fan.reserve(1).await.ok();
    fan.reserve(3).await.refused(409, "seat_taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_can_be_reserved_is_blocked_and_only_all_of_it() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 10_000).await;
    fan.reserve(2).await.ok();
    fan.pay(10_000).await.ok();
    fan.reserve(1).await.ok();
    done(&booking(&house, &["block", "4"]), "blocked 1 seat\n");
    let before = house.database.picture().await;
    let unfit = "seat 1 is held, seat 2 is sold, seat 4 is blocked, there is no seat 999";
    let asked = ["block", "1", "2", "3", "4", "999"];
    refused(&booking(&house, &asked), unfit);
    refused(
        &booking(&house, &["unblock", "4", "5"]),
        "seat 5 is available",
    );
    assert_eq!(house.database.picture().await, before);
    for wrong in [&["block"][..], &["block", "0"], &["unblock", "x"]] {
        assert_eq!(booking(&house, wrong).status.code(), Some(64));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lapsed_hold_keeps_nobody_from_blocking_its_seat() {
    let house = House::open().await;
    let fan = house.fan(1);
    fan.reserve(1).await.ok();
    house.database.lapse_holds().await;
    done(&booking(&house, &["block", "1"]), "blocked 1 seat\n");
    let list = fan.reservations().await.ok();
    assert_eq!(list["items"][0]["status"], "expired");
    house.database.assert_clean().await;
}
