//! Bad input gets the documented code, changes nothing, and is never a 500.

use http::Method;
use serde_json::json;

use crate::harness::{Answer, FIRST, Fan, House};

/// Values that are no id and no amount, as they would stand in JSON.
const NO_NUMBERS: [&str; 17] = [
    "0",
    "-0",
    "-1",
    "1.5",
    "1.0",
    "1e3",
    "1E3",
    r#""100""#,
    r#""""#,
    "null",
    "true",
    "[]",
    "[1]",
    "{}",
    "9007199254740992",
    "9223372036854775807",
    "9223372036854775808",
];
const NO_RESERVATIONS: [&str; 9] = [
    "1",
    "null",
    "true",
    "[]",
    r#""""#,
    r#""1""#,
    r#""01931d2e000070008000000000000000""#,
    r#""{01931d2e-0000-7000-8000-000000000000}""#,
    r#""zzzzzzzz-0000-7000-8000-000000000000""#,
];

/// A house with a fan who has money and a hold, and a way to see that nothing changed.
struct Bench {
    house: House,
    fan: Fan,
    before: Vec<(String, i64)>,
}

impl Bench {
    async fn new() -> Self {
        let house = House::open().await;
        let fan = house.rich_fan(1, 50_000).await;
        fan.reserve(1).await.ok();
        let before = house.database.picture().await;
        Self { house, fan, before }
    }

    async fn post(&self, path: &str, body: impl Into<bytes::Bytes>) -> Answer {
        self.fan.post_bytes(path, body).await
    }

    async fn assert_unchanged(&self) {
        assert_eq!(self.house.database.picture().await, self.before);
    }
}

/// The three bodies, with a hole where the field's value goes.
const FIELDS: [(&str, &str, &str); 5] = [
    ("/api/reserve", "userId", r#"{"userId":@,"seatId":2}"#),
    ("/api/reserve", "seatId", r#"{"userId":1,"seatId":@}"#),
    ("/api/1/charge", "amount", r#"{"amount":@}"#),
    ("/api/process", "userId", r#"{"userId":@,"amount":10000}"#),
    ("/api/process", "amount", r#"{"userId":1,"amount":@}"#),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_no_number_is_422_and_names_the_field() {
    let bench = Bench::new().await;
    for (path, field, body) in FIELDS {
        for value in NO_NUMBERS {
            let answer = bench.post(path, body.replace('@', value)).await;
            assert_eq!(
                answer.status,
                422,
                "{field} {value} at {path}: {}",
                answer.text()
            );
            assert_eq!(
                answer.refused(422, "invalid_field")["field"],
                field,
                "{value}"
            );
        }
        let huge = bench.post(path, body.replace('@', "1e400")).await;
        assert!(matches!(huge.status, 400 | 422), "{}", huge.text());
    }
    for amount in ["10000001", "1000000000001"] {
        let charge = format!(r#"{{"amount":{amount}}}"#);
        bench
            .post("/api/1/charge", charge)
            .await
            .refused(422, "invalid_field");
    }
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_is_no_uuid_is_422() {
    let bench = Bench::new().await;
    for value in NO_RESERVATIONS {
        let body = format!(r#"{{"userId":1,"amount":10000,"reservationId":{value}}}"#);
        bench
            .post("/api/process", body)
            .await
            .refused(422, "invalid_field");
    }
    for id in [
        "1",
        "x",
        "01931d2e000070008000000000000000",
        "%ff",
        "-",
        "null",
    ] {
        let path = format!("/api/reserve/{id}");
        let answer = bench.fan.call(Method::DELETE, &path, None).await;
        answer.refused(422, "invalid_field");
    }
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_the_call_does_not_know_are_422() {
    let bench = Bench::new().await;
    let more = [
        "status",
        "price",
        "balance",
        "reservatonId",
        "userid",
        "",
        "__proto__",
    ];
    let bodies = FIELDS.map(|(path, _, body)| (path, body.replace('@', "1")));
    for (path, body) in bodies {
        for name in more {
            let body = body.replace('{', &format!(r#"{{"{name}":1,"#));
            bench.post(path, body).await.refused(422, "unknown_field");
        }
        let twice = body.replacen('{', r#"{"amount":1,"userId":1,"#, 1);
        let twice = bench.post(path, twice).await;
        assert_eq!(twice.status, 422, "{}", twice.text());
    }
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_json_is_400() {
    let bench = Bench::new().await;
    let bodies: [&[u8]; 12] = [
        b"",
        b" ",
        b"{",
        b"}",
        b"x",
        b"{\"amount\":1",
        b"{\"amount\":1}}",
        b"{\"amount\":1,}",
        b"{amount:1}",
        b"\xef\xbb\xbf{\"amount\":1}",
        b"{\"amount\":1}\xff",
        b"{\"amount\":01}",
    ];
    for body in bodies {
        for path in ["/api/reserve", "/api/1/charge", "/api/process"] {
            let answer = bench.post(path, body).await;
            // A field that is wrong before the text breaks off may be told first.
            assert!(
                matches!(answer.status, 400 | 422),
                "{body:?}: {}",
                answer.text()
            );
        }
        bench
            .post("/api/1/charge", body)
            .await
            .refused(400, "malformed_json");
    }
    for body in ["null", "1", "\"amount\"", "true", "[]", "[1]"] {
        let answer = bench.post("/api/process", body).await;
        answer.refused(422, "invalid_field");
    }
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_deep_or_too_large_is_refused() {
    let bench = Bench::new().await;
    let deep = format!("{}1{}", r#"{"x":"#.repeat(10_000), "}".repeat(10_000));
    let deep = bench.post("/api/process", deep).await;
    assert!(matches!(deep.status, 400 | 413 | 422), "{}", deep.text());
    let list = format!(
        r#"{{"amount":{}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let list = bench.post("/api/1/charge", list).await;
    assert!(matches!(list.status, 400 | 422), "{}", list.text());
    let large = format!(r#"{{"amount":1,"x":"{}"}}"#, "x".repeat(3_000_000));
    bench
        .post("/api/1/charge", large)
        .await
        .refused(413, "body_too_large");
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_type_is_415() {
    let bench = Bench::new().await;
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "",
    ] {
        let call = bench.fan.charge(1).replacing("content-type", media_type);
        call.await.refused(415, "unsupported_media_type");
    }
    bench.assert_unchanged().await;
    let call = bench.fan.charge(1);
    call.replacing("content-type", "application/json; charset=utf-8")
        .await
        .ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_read_strictly() {
    let bench = Bench::new().await;
    let ids = [
        "",
        "0",
        "01",
        "+1",
        "-1",
        "1.0",
        "1e0",
        "0x1",
        "9007199254740992",
        "99999999999999999999",
        "x",
        "%EF%BC%91",
        "1%20",
        "1%00",
        "%ff",
        "..%2f1",
    ];
    for id in ids {
        let balance = bench.fan.get(&format!("/api/{id}/balance")).await;
        balance.refused(422, "invalid_field");
        let list = bench.fan.get(&format!("/api/{id}/reservations")).await;
        list.refused(422, "invalid_field");
        let charge = bench
            .fan
            .post(&format!("/api/{id}/charge"), &json!({ "amount": 1 }))
            .await;
        charge.refused(422, "invalid_field");
    }
    let dates = [
        "2099-10-1",
        "2099-13-01",
        "2099-02-30",
        "20991001",
        "today",
        "0000-00-00",
    ];
    for date in dates {
        bench.fan.seats(date).await.refused(422, "invalid_field");
    }
    for path in ["/api/available-seats/", "/api/reserve/", "/api/1/Balance"] {
        bench.fan.get(path).await.refused(404, "route_not_found");
    }
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_read_strictly_where_it_is_known() {
    let bench = Bench::new().await;
    let paths = [
        "/api/available-dates?concertId=0".to_owned(),
        "/api/available-dates?concertId=x".to_owned(),
        "/api/available-dates?concertId=1&concertId=2".to_owned(),
        format!("/api/available-seats/{FIRST}?concertId=-1"),
        format!("/api/available-seats/{FIRST}?status=sold"),
        "/api/1/reservations?limit=0".to_owned(),
        "/api/1/reservations?limit=101".to_owned(),
        "/api/1/reservations?limit=x".to_owned(),
        "/api/1/reservations?cursor=x".to_owned(),
        "/api/concerts?cursor=0".to_owned(),
    ];
    for path in paths {
        bench.fan.get(&path).await.refused(422, "invalid_field");
    }
    bench
        .fan
        .get("/api/available-dates?utm_source=mail")
        .await
        .ok();
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_idempotency_key_is_422() {
    let bench = Bench::new().await;
    let keys = [
        "",
        "\"\"",
        "a b",
        "ä",
        "a\tb",
        &"k".repeat(256),
        &"k".repeat(300),
    ];
    for key in keys {
        bench
            .fan
            .charge(1)
            .key(key)
            .await
            .refused(422, "invalid_idempotency_key");
        bench
            .fan
            .reserve(2)
            .key(key)
            .await
            .refused(422, "invalid_idempotency_key");
        bench
            .fan
            .pay(10_000)
            .key(key)
            .await
            .refused(422, "invalid_idempotency_key");
    }
    let twice = bench.fan.charge(1).key("a").key("a").await;
    twice.refused(422, "invalid_idempotency_key");
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_from_outside_change_nothing() {
    let bench = Bench::new().await;
    let call = bench.fan.get("/api/2/balance");
    let call = call.header("stagedoor-user", "2").header("x-user-id", "2");
    call.await.refused(403, "wrong_user");
    let long = "x".repeat(300);
    bench
        .fan
        .balance()
        .header("x-long", &long)
        .header("x-long", &long)
        .await
        .ok();
    bench.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balance_never_rises_above_its_limit() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 1).await;
    let almost = "UPDATE balances SET balance = 999999999999";
    house.database.run(almost).await;
    fan.charge(2).await.refused(409, "balance_limit");
    fan.charge(1).await.ok();
    fan.charge(1).await.refused(409, "balance_limit");
    assert_eq!(fan.balance().await.ok()["balance"], 1_000_000_000_000_i64);
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_makes_no_user() {
    let house = House::open().await;
    let fan = house.fan(9_007_199_254_740_991);
    assert_eq!(fan.balance().await.ok()["balance"], 0);
    fan.reservations().await.ok();
    fan.dates().await.ok();
    assert_eq!(house.database.number("SELECT COUNT(*) FROM users").await, 0);
    assert_eq!(
        fan.charge(1).await.ok()["userId"],
        9_007_199_254_740_991_u64
    );
}
