//! Calls 3 to 8 with exactly the contract's requests, field names, types and order.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, FIRST, House, SECOND};

/// The contract's fields stand in its order; others may stand between them.
#[track_caller]
fn assert_order(members: &[String], contract: &[&str]) {
    let ours = members
        .iter()
        .filter(|name| contract.contains(&name.as_str()));
    assert_eq!(ours.collect::<Vec<_>>(), contract, "of {members:?}");
}

#[track_caller]
fn assert_members(answer: &Answer, contract: &[&str], added: &[&str]) {
    let members = answer.members();
    assert_order(&members, contract);
    let expected = contract.len() + added.len();
    let all = added
        .iter()
        .all(|name| members.iter().any(|member| member == name));
    assert!(all && members.len() == expected, "{members:?}");
}

/// `2024-10-06T12:00:00Z`, or with milliseconds.
#[track_caller]
fn assert_time(text: &Value, format: &str) {
    let text = text.as_str().expect("a time as text");
    let time = chrono::DateTime::parse_from_rfc3339(text).expect("RFC 3339");
    assert_eq!(time.format(format).to_string(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn call_3_lists_the_dates_that_are_on_sale() {
    let house = House::open().await;
    let answer = house
        .fan(123)
        .call(Method::GET, "/api/available-dates", None)
        .await;
    assert_eq!(answer.ok(), json!([FIRST, SECOND]));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn call_4_lists_the_seats_of_a_date() {
    let house = House::open().await;
    let path = format!("/api/available-seats/{FIRST}");
    let answer = house.fan(123).call(Method::GET, &path, None).await;
    let seats = answer.ok();
    let seats = seats.as_array().expect("a list");
    assert_eq!(seats.len(), 50);
    let expected = json!({
        "seatId": 1, "seatNumber": 1, "section": "Hall", "row": "A", "seat": "1",
        "status": "available", "price": 10_000,
    });
    assert_eq!(seats[0], expected);
    let text = String::from_utf8(answer.body.to_vec()).expect("UTF-8");
    let first = text
        .trim_start_matches('[')
        .split_inclusive('}')
        .next()
        .expect("a seat");
    assert_order(
        &crate::harness::members(first.as_bytes()),
        &["seatNumber", "status", "price"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn call_5_holds_a_seat() {
    let house = House::open().await;
    let fan = house.fan(123);
    let answer = fan
        .post_bytes("/api/reserve", r#"{"userId":123,"seatId":10}"#)
        .await;
    let held = answer.ok();
    let added = ["seatIds", "reservationId", "expiresAt", "expiresInMs"];
    assert_members(&answer, &["userId", "seatId", "status", "amount"], &added);
    assert_eq!(held["userId"], 123);
    assert_eq!(held["seatId"], 10);
    assert_eq!(held["status"], "reserved");
    assert_eq!(held["amount"], 10_000);
    let id = held["reservationId"].as_str().expect("text");
    assert_eq!(
        uuid::Uuid::parse_str(id).expect("a UUID").get_version_num(),
        7
    );
    assert_time(&held["expiresAt"], "%Y-%m-%dT%H:%M:%S%.3fZ");
    let left = held["expiresInMs"].as_i64().expect("milliseconds");
    assert!((295_000..=300_000).contains(&left), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_6_and_7_tell_and_raise_a_balance() {
    let house = House::open().await;
    let fan = house.fan(123);
    let balance = fan.get("/api/123/balance").await;
    assert_eq!(balance.ok(), json!({ "userId": 123, "balance": 0 }));
    assert_members(&balance, &["userId", "balance"], &[]);
    for sum in [10_000, 20_000] {
        let charged = fan
            .post_bytes("/api/123/charge", r#"{"amount":10000}"#)
            .await;
        assert_eq!(charged.ok(), json!({ "userId": 123, "balance": sum }));
        assert_members(&charged, &["userId", "balance"], &[]);
    }
    assert_eq!(fan.balance().await.ok()["balance"], 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn call_8_pays_for_what_is_held() {
    let house = House::open().await;
    let fan = house.rich_fan(123, 15_000).await;
    let held = fan.reserve(10).await.ok();
    let answer = fan
        .post_bytes("/api/process", r#"{"userId":123,"amount":10000}"#)
        .await;
    let paid = answer.ok();
    let contract = ["userId", "amount", "status", "paymentTime"];
    assert_members(&answer, &contract, &["payments", "balance"]);
    assert_eq!(paid["userId"], 123);
    assert_eq!(paid["amount"], 10_000);
    assert_eq!(paid["status"], "success");
    assert_time(&paid["paymentTime"], "%Y-%m-%dT%H:%M:%SZ");
    assert_eq!(paid["balance"], 5_000);
    let payment = &paid["payments"][0];
    assert_eq!(payment["reservationId"], held["reservationId"]);
    assert_eq!(payment["seatIds"], json!([10]));
    assert_eq!(payment["amount"], 10_000);
    assert!(payment["paymentId"].is_string());
    assert_eq!(answer.header("stagedoor-command"), Some("revoke; t=7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_names_its_request() {
    let house = House::open().await;
    let open = house.visitor().get("/api/concerts").await;
    assert_eq!(open.header("x-request-id"), Some("0123456789abcdef"));
    assert!(
        house
            .fan(1)
            .without_pass()
            .get("/healthz")
            .await
            .header("x-request-id")
            .is_some()
    );
}
