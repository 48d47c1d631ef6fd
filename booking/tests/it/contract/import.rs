//! `booking import`: whole or not at all, repeatable, what it adds and what it leaves.

use std::fmt::Write as _;
use std::process::Command;

use crate::harness::{HALL, House, TestDatabase};

pub(super) const HEADER: &str = "concert,date,section,row,seat,price";

/// A file with these lines below the usual header.
pub(super) fn file(lines: &[&str]) -> String {
    format!("{HEADER}\n{}\n", lines.join("\n"))
}

pub(super) async fn count(database: &TestDatabase, table: &str) -> i64 {
    database
        .number(&format!("SELECT COUNT(*) FROM {table}"))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_follow_the_file_in_an_empty_database_also_after_a_failure() {
    let database = TestDatabase::migrated().await;
    let broken = format!("{}\nEvening,x,Hall,A,1,1,,,,", *HALL);
    database
        .import(&broken, false)
        .await
        .expect_err("a broken file");
    database
        .import(&HALL, false)
        .await
        .expect("the small house");
    let first = "SELECT MAX(id) - MIN(id) + MIN(id) * 1000 + COUNT(*) * 1000000 FROM seats
                  WHERE concert_date_id = 1 AND price = 10000 AND seat_number = id";
    assert_eq!(database.number(first).await, 50_001_049);
    let concert = database
        .number("SELECT id FROM concerts WHERE title = 'Evening'")
        .await;
    assert_eq!(concert, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_again_is_skipped_and_counted() {
    let database = TestDatabase::with_hall().await;
    let before = database.picture().await;
    let told = database.import(&HALL, false).await.expect("the same file");
    assert!(told.contains("imported 0 seats"), "{told}");
    assert!(told.contains("64 seats were there already"), "{told}");
    assert_eq!(database.picture().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_can_be_added_to_a_date() {
    let database = TestDatabase::with_hall().await;
    let more = file(&[
        "Evening,2099-10-01,Balcony,A,1,5000",
        "Evening,2099-10-01,Hall,A,1,10000",
    ]);
    let told = database.import(&more, false).await.expect("more seats");
    assert!(
        told.contains("imported 1 seats (0 new concerts, 0 new dates)"),
        "{told}"
    );
    let number = database
        .number("SELECT seat_number FROM seats WHERE section = 'Balcony'")
        .await;
    assert_eq!(number, 51);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_price_needs_update_and_a_seat_that_is_not_sold() {
    let house = House::open().await;
    let (buyer, holder) = (
        house.rich_fan(1, 10_000).await,
        house.rich_fan(2, 10_000).await,
    );
    buyer.reserve(1).await.ok();
    buyer.pay(10_000).await.ok();
    holder.reserve(2).await.ok();
    let price = |seat: u32| format!("Evening,2099-10-01,Hall,A,{seat},7000");
    let sold = file(&[&price(3), &price(1)]);
    let told = house
        .database
        .import(&sold, true)
        .await
        .expect_err("a sold seat");
    assert!(
        told.contains("line 3: the seat is sold, for 10000"),
        "{told}"
    );
    let unsold = file(&[&price(2), &price(3)]);
    let told = house
        .database
        .import(&unsold, true)
        .await
        .expect("unsold seats");
    assert!(told.contains("2 prices and 0 cutoffs changed"), "{told}");
    holder.pay(7_000).await.refused(409, "amount_mismatch");
    holder.pay(10_000).await.ok();
    assert_eq!(house.fan(3).reserve(3).await.ok()["amount"], 7_000);
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_leaves_out_has_its_default() {
    let database = TestDatabase::migrated().await;
    database
        .import(&file(&["New,2099-11-01,Hall,A,1,1"]), false)
        .await
        .expect("a seat");
    let night = "SELECT CONCAT_WS(' ', venue, time_zone, queue, starts_at, sales_close_at)
                   FROM concerts c JOIN concert_dates d ON d.concert_id = c.id";
    let start = "2099-11-01 10:00:00.000000";
    let expected = format!("To be announced Asia/Seoul main {start} {start}");
    assert_eq!(database.texts(night).await, [expected]);
    let open = "SELECT ABS(TIMESTAMPDIFF(SECOND, sales_open_at, UTC_TIMESTAMP(6))) FROM
                concert_dates";
    assert!(database.number(open).await < 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_the_venues_unless_they_have_an_offset() {
    let database = TestDatabase::migrated().await;
    let columns = "starts_at,sales_open_at,sales_close_at,time_zone";
    let times = "2099-07-01 20:00,2098-07-01T10:00:00+02:00,2099-07-01T17:30:00Z,Europe/Berlin";
    let csv = format!("{HEADER},{columns}\nNew,2099-07-01,Hall,A,1,1,{times}\n");
    database.import(&csv, false).await.expect("a seat");
    let times = "SELECT CONCAT_WS(' ', TIME(starts_at), TIME(sales_open_at), TIME(sales_close_at))
                   FROM concert_dates";
    let utc = "18:00:00.000000 08:00:00.000000 17:30:00.000000";
    assert_eq!(database.texts(times).await, [utc]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_tables_is_told_to_migrate() {
    let database = TestDatabase::missing();
    database
        .run_on_server(&format!("CREATE DATABASE {}", database.name()))
        .await;
    let told = database.import(&HALL, false).await.expect_err("no tables");
    assert!(told.contains("run booking migrate first"), "{told}");
}

/// The size of an arena, through the program, with its progress.
#[tokio::test(flavor = "multi_thread")]
async fn fifteen_thousand_seats_come_in_at_once_and_show_their_progress() {
    let database = TestDatabase::migrated().await;
    let mut csv = format!("{HEADER},number\n");
    for seat in 0..15_000 {
        let (section, row, place) = (seat / 500, seat / 25 % 20, seat % 25);
        writeln!(
            csv,
            "Arena,2099-11-01,S{section},{row},{place},50000,{}",
            seat + 1
        )
        .expect("text");
    }
    let path = std::env::temp_dir().join(format!("arena-{}.csv", database.name()));
    std::fs::write(&path, csv).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_booking"))
        .arg("import")
        .arg(&path)
        .env("DATABASE_URL", database.url_text())
        .output()
        .expect("the program");
    std::fs::remove_file(&path).expect("the file");
    let (told, progress) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        told.contains("imported 15000 seats (1 new concerts, 1 new dates)"),
        "{progress}"
    );
    assert!(progress.contains("10000 of 15000 seats"), "{progress}");
    assert_eq!(count(&database, "seats").await, 15_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cutoff_is_the_concerts_and_only_an_update_moves_it() {
    let database = TestDatabase::migrated().await;
    let with = |hours: &str| {
        format!("{HEADER},cancel_until_hours\nEvening,2099-10-01,Hall,A,1,10000,{hours}\n")
    };
    let hours = "SELECT cancel_until_hours FROM concerts";
    database.import(&with(""), false).await.expect("no refunds");
    let none = "SELECT cancel_until_hours IS NULL FROM concerts";
    assert_eq!(database.number(none).await, 1);
    let refused = database.import(&with("24"), false).await;
    let told = refused.expect_err("another cutoff");
    assert!(
        told.contains("cancel_until_hours is 24 here and none"),
        "{told}"
    );
    let told = database.import(&with("24"), true).await.expect("an update");
    assert!(told.contains("0 prices and 1 cutoffs changed"), "{told}");
    assert_eq!(database.number(hours).await, 24);
    let told = database.import(&with("24"), true).await.expect("the same");
    assert!(told.contains("0 prices and 0 cutoffs changed"), "{told}");
    database.import(&with(""), true).await.expect("left out");
    assert_eq!(database.number(hours).await, 24);
    let both = format!("{}Evening,2099-10-01,Hall,A,2,10000,4\n", with("3"));
    let told = database.import(&both, true).await.expect_err("two cutoffs");
    assert!(told.contains("line 3: cancel_until_hours is 4"), "{told}");
    assert_eq!(database.number(hours).await, 24);
}
