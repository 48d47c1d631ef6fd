//! Booking answers the gateway only: who has no good pass learns nothing and changes nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use shared::clock;

use crate::harness::{Call, FIRST, Fan, House};

/// Every call that needs a fan, as user 1 would make it; the first four need a running session.
fn calls(fan: &Fan) -> Vec<(&'static str, Call)> {
    let some_id = json!("01931d2e-0000-7000-8000-000000000000");
    vec![
        ("dates", fan.dates()),
        ("seats", fan.seats(FIRST)),
        ("reserve", fan.reserve(1)),
        ("charge", fan.charge(1)),
        ("balance", fan.balance()),
        ("process", fan.pay(1)),
        ("reservations", fan.reservations()),
        ("release", fan.release(&some_id)),
    ]
}

fn claims() -> Value {
    let now = clock::unix_seconds();
    json!({
        "iss": "stagedoor", "aud": "booking", "sub": "1", "q": "main", "t": 7, "st": "active",
        "rid": "r", "iat": now, "exp": now + 60,
    })
}

/// A pass with these claims, signed with this secret under the name that booking knows.
fn signed(claims: &Value, secret: &[u8]) -> String {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("test".to_owned());
    let key = EncodingKey::from_secret(secret);
    jsonwebtoken::encode(&header, claims, &key).expect("a token")
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().expect("claims").remove(name);
    claims
}

fn unsigned(claims: &Value) -> String {
    let head = json!({ "alg": "none", "kid": "test", "typ": "JWT" });
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}.", part(&head), part(claims))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_pass_every_call_is_401_and_changes_nothing() {
    let house = House::open().await;
    let (real, wrong) = ([0; 32], [1; 32]);
    let now = clock::unix_seconds();
    let good = signed(&claims(), &real);
    house.fan(1).showing(&good).balance().await.ok();
    let bad = [
        String::new(),
        "x".to_owned(),
        format!("Bearer {good}"),
        format!("{good}x"),
        unsigned(&claims()),
        signed(&claims(), &wrong),
        signed(&with("exp", json!(now - 10)), &real),
        signed(&with("aud", json!("another")), &real),
        signed(&with("iss", json!("another")), &real),
        signed(&with("sub", json!("0")), &real),
        signed(&with("sub", json!(1)), &real),
        signed(&with("q", json!("MAIN")), &real),
        signed(&with("st", json!("waiting")), &real),
        signed(&without("sub"), &real),
        signed(&without("t"), &real),
        signed(&without("exp"), &real),
        signed(&without("aud"), &real),
    ];
    let before = house.database.picture().await;
    for pass in bad {
        for (name, call) in calls(&house.fan(1).showing(&pass)) {
            let answer = call.await;
            assert_eq!(answer.code(), Some("pass_required"), "{name} with {pass}");
            answer.refused(401, "pass_required");
        }
    }
    for (_, call) in calls(&house.fan(1).without_pass()) {
        call.await.refused(401, "pass_required");
    }
    for (_, call) in calls(&house.fan(1).showing(&good)) {
        call.header("stagedoor-pass", &good)
            .await
            .refused(401, "pass_required");
    }
    assert_eq!(house.database.picture().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_token_is_no_pass() {
    let house = House::open().await;
    let claims = with("ep", json!(1));
    let token = signed(&claims, &[2; 32]);
    let fan = house.fan(1).without_pass();
    fan.balance()
        .header("x-queue-token", &token)
        .await
        .refused(401, "pass_required");
    fan.balance()
        .header("authorization", "Bearer x")
        .await
        .refused(401, "pass_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_pass_is_good_on_open_routes_only() {
    let house = House::open().await;
    house.visitor().get("/api/concerts").await.ok();
    house.fan(1).get("/api/concerts").await.ok();
    house
        .fan(1)
        .without_pass()
        .get("/api/concerts")
        .await
        .refused(401, "pass_required");
    for (_, call) in calls(&house.visitor()) {
        call.await.refused(401, "pass_required");
    }
    house
        .visitor()
        .get("/api/nothing")
        .await
        .refused(401, "pass_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_opens_only_what_is_ones_own() {
    let house = House::open().await;
    let before = house.database.picture().await;
    for (name, call) in calls(&house.late_fan(1)) {
        let answer = call.await;
        match name {
            "dates" | "seats" | "reserve" | "charge" | "process" => {
                answer.refused(403, "session_expired");
            }
            "release" => drop(answer.refused(404, "reservation_not_found")),
            _ => drop(answer.ok()),
        }
    }
    assert_eq!(house.database.picture().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_a_promise_also_when_the_session_is_over() {
    let house = House::open().await;
    house.rich_fan(1, 10_000).await.reserve(1).await.ok();
    house.late_fan(1).pay(10_000).await.ok();
    assert_eq!(house.late_fan(1).balance().await.ok()["balance"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_number_is_403_before_anything_is_looked_up() {
    let house = House::open().await;
    let before = house.database.picture().await;
    let fan = Fan {
        id: 2,
        ..house.fan(1)
    };
    for (name, call) in calls(&fan) {
        let answer = call.await;
        match name {
            "dates" | "seats" => drop(answer.ok()),
            "release" => drop(answer.refused(404, "reservation_not_found")),
            _ => drop(answer.refused(403, "wrong_user")),
        }
    }
    assert_eq!(house.database.picture().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_needs_no_pass_and_unknown_paths_tell_nothing_without_one() {
    let house = House::open().await;
    let nobody = house.fan(1).without_pass();
    assert_eq!(nobody.get("/healthz").await.status, 200);
    assert_eq!(nobody.get("/readyz").await.status, 200);
    for path in ["/", "/api", "/metrics", "/api/1/history/x", "/admin"] {
        nobody.get(path).await.refused(401, "pass_required");
        house.fan(1).get(path).await.refused(404, "route_not_found");
    }
    assert_eq!(
        nobody
            .at(house.admin_address())
            .get("/metrics")
            .await
            .status,
        200
    );
    let fan = house.fan(1);
    fan.call(Method::DELETE, "/api/available-dates", None)
        .await
        .refused(405, "method_not_allowed");
    fan.call(Method::PUT, "/api/reserve", None)
        .await
        .refused(405, "method_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn booking_is_not_ready_on_another_schema() {
    let house = House::open().await;
    let fan = house.fan(1);
    house
        .database
        .run("UPDATE _sqlx_migrations SET version = version + 1000")
        .await;
    let answer = fan.get("/readyz").await;
    assert_eq!(
        (answer.status, &answer.json()["missing"]),
        (503, &json!("schema"))
    );
    house.database.run("DELETE FROM _sqlx_migrations").await;
    assert_eq!(fan.get("/readyz").await.status, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn charging_can_be_switched_off() {
    let house = House::with(|settings| settings.charge = booking::settings::Charge::Off).await;
    house.fan(1).charge(1).await.refused(404, "route_not_found");
}
