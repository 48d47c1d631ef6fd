//! What is wrong with a file for `booking import`: every mistake is told with its line.

use std::fmt::Write as _;

use super::import::{HEADER, count, file};
use crate::harness::TestDatabase;

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
const COLUMNS: [(&str, &str, &str, &str); 15] = [
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
        "cancel_until_hours",
        "-1",
        "",
        "line 2: cancel_until_hours \"-1\" is not a whole number",
    ),
    (
        "cancel_until_hours",
        "24",
        "48",
        "line 3: cancel_until_hours is 48 here and 24",
    ),
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
