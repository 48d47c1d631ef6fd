//! The examples of the eight calls, which others paste: they stay as they are.

use serde_json::{Value, json};

use crate::committed;

/// Method, path, example of the request, and what the example of the answer has at least.
fn calls() -> [(&'static str, &'static str, Value, Value); 8] {
    [
        (
            "post",
            "/api/issue",
            json!({ "userId": 123 }),
            json!({ "userId": 123, "waitingId": 10, "status": "waiting" }),
        ),
        (
            "get",
            "/api/status/{userId}",
            Value::Null,
            json!({ "userId": 123, "waitingId": 5, "status": "waiting" }),
        ),
        (
            "get",
            "/api/available-dates",
            Value::Null,
            json!(["2024-10-01", "2024-10-02"]),
        ),
        (
            "get",
            "/api/available-seats/{date}",
            Value::Null,
            json!([{ "seatNumber": 1, "status": "available", "price": 10000 }]),
        ),
        (
            "post",
            "/api/reserve",
            json!({ "userId": 123, "seatId": 10 }),
            json!({ "userId": 123, "seatId": 10, "status": "reserved", "amount": 10000 }),
        ),
        (
            "get",
            "/api/{userId}/balance",
            Value::Null,
            json!({ "userId": 123, "balance": 10000 }),
        ),
        (
            "post",
            "/api/{userId}/charge",
            json!({ "amount": 10000 }),
            json!({ "userId": 123, "balance": 20000 }),
        ),
        (
            "post",
            "/api/process",
            json!({ "userId": 123, "amount": 10000 }),
            json!({ "userId": 123, "amount": 10000, "status": "success",
                "paymentTime": "2024-10-06T12:00:00Z" }),
        ),
    ]
}

#[test]
fn the_eight_calls_have_the_examples_of_the_contract() {
    let paper = committed();
    for (method, path, request, answer) in calls() {
        let operation = &paper["paths"][path][method];
        let bodies = shown(&operation["requestBody"]["content"]["application/json"]);
        assert!(bodies.contains(&&request), "{method} {path}: {bodies:?}");
        let found = &operation["responses"]["200"]["content"]["application/json"]["example"];
        assert!(has(found, &answer), "{method} {path}: {found}");
    }
}

/// The one example of a body, or all of several. Nothing is the example of no body.
fn shown(content: &Value) -> Vec<&Value> {
    match &content["examples"] {
        Value::Object(several) => several.values().map(|named| &named["value"]).collect(),
        _ => vec![&content["example"]],
    }
}

/// Whether `found` has all of `wanted`; members may have been added.
fn has(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|own| has(own, value))),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(own, value)| has(own, value))
        }
        _ => found == wanted,
    }
}
