//! `booking import`: whole or not at all, repeatable, every mistake with its line.

use std::fmt::Write as _;
use std::process::Command;

use crate::harness::{HALL, House, TestDatabase};

const HEADER: &str = "concert,date,section,row,seat,price";

/// A file with these lines below the usual header.
fn file(lines: &[&str]) -> String {
    format!("{HEADER}\n{}\n", lines.join("\n"))
}

async fn count(database: &TestDatabase, table: &str) -> i64 {
    database
        .number(&format!("SELECT COUNT(*) FROM {table}"))
        .await
}

/// Every one of these files is refused with these words, and nothing of it is imported.
async fn assert_refused(database: &TestDatabase, files: &[(String, &str)]) {
    let before = database.picture().await;
    for (csv, words) in files {
        let told = database.import(csv, false).await.expect_err(csv);
        assert!(
            told.contains(words),
            "no {words:?} in {told:?} about:\n{csv}"
        );
        assert!(told.starts_with("nothing was imported"), "{told}");
        assert_eq!(database.picture().await, before, "{csv}");
    }
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

/// A header, and what is wrong with it.
const HEADERS: [(&str, &str); 6] = [
    (
        "",
        "line 1: the header lacks: concert, date, section, row, seat, price",
    ),
    (HEADER, "line 1: there is no seat below the header"),
    (
        "concert,date,section,row,price",
        "line 1: the header lacks: seat",
    ),
    (
        "concert;date;section;row;seat;price",
        "line 1: there is no column \"concert;date",
    ),
    (
        "concert,date,section,row,seat,price,prize",
        "line 1: there is no column \"prize\"",
    ),
    (
        "concert,date,section,row,seat,price,price",
        "line 1: the column \"price\" is there twice",
    ),
];

/// A line below a good one, and what is wrong with it.
const LINES: [(&str, &str); 19] = [
    (
        "New,2099-11-31,Hall,A,2,10000",
        "line 3: date \"2099-11-31\"",
    ),
    ("New,2099-1-1,Hall,A,2,10000", "line 3: date \"2099-1-1\""),
    (
        "New,01.11.2099,Hall,A,2,10000",
        "line 3: date \"01.11.2099\"",
    ),
    ("New,2099-11-01,Hall,A,2,0", "line 3: price \"0\""),
    ("New,2099-11-01,Hall,A,2,-1", "line 3: price \"-1\""),
    ("New,2099-11-01,Hall,A,2,1.5", "line 3: price \"1.5\""),
    (
        "New,2099-11-01,Hall,A,2,10000001",
        "line 3: price \"10000001\"",
    ),
    ("New,2099-11-01,Hall,A,2,", "line 3: price \"\""),
    (
        "New,2099-11-01,Hall,A,2,\"10,000\"",
        "line 3: price \"10,000\"",
    ),
    (
        "New,2099-11-01,Hall,A,2",
        "line 3: has 5 fields, the header has 6",
    ),
    (
        "New,2099-11-01,Hall,A,2,1,1",
        "line 3: has 7 fields, the header has 6",
    ),
    (",2099-11-01,Hall,A,2,1", "line 3: concert is empty"),
    ("New,2099-11-01, ,A,2,1", "line 3: section is empty"),
    ("New,2099-11-01,Hall,,2,1", "line 3: row is empty"),
    (
        "New,2099-11-01,Hall,A,123456789012345678901,1",
        "line 3: seat has more than 20",
    ),
    (
        "New,2099-11-01,\"Ha\nll\",A,2,1",
        "line 3: section \"Ha\\nll\" has a control",
    ),
    (
        "New,2099-11-01,Hall,A,1,10000",
        "line 3: is the same seat as line 2",
    ),
    (
        "Evening,2099-10-01,Hall,A,1,9999",
        "line 3: the seat costs 10000 in the database",
    ),
    ("New,2020-11-01,Hall,A,2,1", "line 3: the sale would open"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_mistake_is_told_with_its_line() {
    let database = TestDatabase::with_hall().await;
    let headers = HEADERS.map(|(header, words)| (header.to_owned(), words));
    assert_refused(&database, &headers).await;
    let good = "New,2099-11-01,Hall,A,1,10000";
    let lines = LINES.map(|(line, words)| (file(&[good, line]), words));
    assert_refused(&database, &lines).await;
}

/// An optional column, its value on the first and on the second line of a new date, and what is
/// wrong with that.
const COLUMNS: [(&str, &str, &str, &str); 13] = [
    ("number", "1", "0", "line 3: number \"0\""),
    ("number", "1", "x", "line 3: number \"x\""),
    ("number", "1", "1000001", "line 3: number \"1000001\""),
    (
        "number",
        "1",
        "1",
        "line 3: number 1 belongs to another seat",
    ),
    ("starts_at", "", "7 pm", "line 3: starts_at \"7 pm\""),
    (
        "starts_at",
        "2099-11-02 19:00",
        "",
        "line 2: starts_at is not on 2099-11-01",
    ),
    (
        "starts_at",
        "",
        "2099-11-01 20:00",
        "line 3: starts_at is 2099-11-01 11:00:00",
    ),
    (
        "sales_open_at",
        "2099-11-01 19:00",
        "",
        "line 2: the sale would open",
    ),
    (
        "sales_close_at",
        "",
        "2099-11-01 25:00",
        "line 3: sales_close_at",
    ),
    (
        "time_zone",
        "Mars/Olympus",
        "",
        "line 2: time_zone \"Mars/Olympus\"",
    ),
    (
        "time_zone",
        "",
        "Europe/Berlin",
        "line 3: time_zone is Europe/Berlin here",
    ),
    ("queue", "Main Queue", "", "line 2: queue \"Main Queue\""),
    (
        "venue",
        "Here",
        "There",
        "line 3: venue is There here and Here",
    ),
];

/// An optional column, and its value for a seat that is there already with another.
const CONTRADICTIONS: [(&str, &str, &str); 3] = [
    (
        "number",
        "2",
        "line 2: number is 2 here and 1 in the database",
    ),
    (
        "queue",
        "vip",
        "line 2: queue is vip here and main in the database",
    ),
    (
        "sales_close_at",
        "2099-10-01 18:00",
        "line 2: sales_close_at is",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_the_optional_columns_are_told_with_their_line() {
    let database = TestDatabase::with_hall().await;
    let lines = COLUMNS.map(|(column, first, second, words)| {
        let line = |seat: u32, value: &str| format!("New,2099-11-01,Hall,A,{seat},1,{value}");
        let csv = format!(
            "{HEADER},{column}\n{}\n{}\n",
            line(1, first),
            line(2, second)
        );
        (csv, words)
    });
    assert_refused(&database, &lines).await;
    let known = CONTRADICTIONS.map(|(column, value, words)| {
        let csv = format!("{HEADER},{column}\nEvening,2099-10-01,Hall,A,1,10000,{value}\n");
        (csv, words)
    });
    assert_refused(&database, &known).await;
    let skipped = "New,2099-03-29,Hall,A,1,1,2099-03-29 02:30,Europe/Berlin";
    let skipped = format!("{HEADER},starts_at,time_zone\n{skipped}\n");
    assert_refused(
        &database,
        &[(skipped, "line 2: the clocks of Europe/Berlin skip")],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_mistakes_of_a_file_are_told_together_up_to_twenty() {
    let database = TestDatabase::migrated().await;
    let mut csv = format!("{HEADER}\n");
    for seat in 1..=30 {
        writeln!(csv, "New,2099-11-01,Hall,A,{seat},0").expect("text");
    }
    let told = database.import(&csv, false).await.expect_err("30 mistakes");
    assert!(
        told.contains("line 2: ") && told.contains("line 21: "),
        "{told}"
    );
    assert!(
        !told.contains("line 22: ") && told.contains("and 10 more"),
        "{told}"
    );
    assert_eq!(
        count(&database, "seats").await + count(&database, "concerts").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_no_utf_8_and_a_byte_order_mark() {
    let database = TestDatabase::migrated().await;
    let csv = file(&[
        "New,2099-11-01,Hall,A,1,1",
        "Neu,2099-11-01,Parterre,\u{e4},1,1",
    ]);
    let latin1: Vec<u8> = csv.chars().map(|letter| letter as u8).collect();
    let url = database.url();
    let told = booking::actions::import::import(&url, &latin1[..], false, |_, _| {}).await;
    let told = told.expect_err("Latin-1").to_string();
    assert!(told.contains("line 3: is not UTF-8"), "{told}");
    let marked = format!("\u{feff}{}", csv.replace('\n', "\r\n"));
    database
        .import(&marked, false)
        .await
        .expect("as spreadsheets write it");
    assert_eq!(count(&database, "seats").await, 2);
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
    assert!(told.contains("2 prices changed"), "{told}");
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
