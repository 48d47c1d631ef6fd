//! What is no good body has its documented code, names the field, and changes nothing.

use serde_json::json;

use crate::harness::{Gateway, Sandbox, house};

async fn refused(gateway: &Gateway, body: impl Into<Vec<u8>>) -> (u16, String) {
    let answer = gateway
        .post("/api/issue")
        .json_text(body.into())
        .send()
        .await;
    answer.refusal()
}

async fn untouched(redis: &Sandbox) -> bool {
    redis.size("waiting").await == 0 && redis.size("active").await == 0
}

#[tokio::test]
async fn a_user_id_that_is_no_whole_number_in_range_is_an_invalid_field() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let counter = redis.counter().await;
    let values = [
        "0",
        "-1",
        "1.5",
        "1.0",
        "1e3",
        "1E3",
        "\"100\"",
        "\"\"",
        "null",
        "true",
        "[]",
        "[1]",
        "{}",
        "9007199254740992",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "1e400",
        "-1e400",
    ];
    for value in values {
        let body = format!("{{\"userId\":{value}}}");
        assert_eq!(
            refused(&gateway, body).await,
            (422, "invalid_field".to_owned()),
            "{value}"
        );
    }
    for body in [
        "{}",
        "[]",
        "[123]",
        "[123,\"main\"]",
        "123",
        "\"x\"",
        "null",
        "true",
    ] {
        assert_eq!(
            refused(&gateway, body).await,
            (422, "invalid_field".to_owned()),
            "{body}"
        );
    }
    for body in [r#"{"userId":1,"userId":2}"#, r#"{"userId":1,"queue":5}"#] {
        assert_eq!(
            refused(&gateway, body).await,
            (422, "invalid_field".to_owned()),
            "{body}"
        );
    }
    assert!(untouched(&redis).await);
    assert_eq!(redis.counter().await, counter, "no ticket was drawn");
}

#[tokio::test]
async fn the_largest_safe_integer_is_a_user() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let place = gateway.issue(9_007_199_254_740_991).await;
    assert_eq!(place["userId"], json!(9_007_199_254_740_991_u64));
}

#[tokio::test]
async fn the_refusal_names_the_field() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    for (body, field) in [
        (r#"{"userId":"1"}"#, "userId"),
        (r#"{"userId":1,"queue":5}"#, "queue"),
        (r#"{"userId":1,"usrId":1}"#, "usrId"),
    ] {
        let answer = gateway.post("/api/issue").json_text(body).send().await;
        assert_eq!(answer.json()["field"], field, "{answer:?}");
    }
}

#[tokio::test]
async fn an_unknown_field_is_refused_however_deep_it_is() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        r#"{"userId":1,"balance":1000}"#.to_owned(),
        r#"{"userId":1,"status":"activate"}"#.to_owned(),
        r#"{"userid":1}"#.to_owned(),
        format!(r#"{{"userId":1,"x":{deep}}}"#),
    ] {
        assert_eq!(
            refused(&gateway, body).await,
            (422, "unknown_field".to_owned())
        );
    }
    for body in [deep.clone(), format!(r#"{{"userId":{deep}}}"#)] {
        assert_eq!(
            refused(&gateway, body).await,
            (422, "invalid_field".to_owned())
        );
    }
    assert!(untouched(&redis).await);
}

#[tokio::test]
async fn what_is_not_json_is_malformed() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let bodies: [&[u8]; 10] = [
        b"",
        b" ",
        b"{",
        b"userId=1",
        b"{'userId':1}",
        b"{\"userId\":1,}",
        b"{\"userId\":1}{\"userId\":2}",
        b"{\"userId\":01}",
        b"\xef\xbb\xbf{\"userId\":1}",
        b"{\"userId\":1,\"queue\":\"\xff\"}",
    ];
    for body in bodies {
        let refusal = refused(&gateway, body).await;
        assert_eq!(
            refusal,
            (400, "malformed_json".to_owned()),
            "{}",
            body.escape_ascii()
        );
    }
    assert!(untouched(&redis).await);
}

#[tokio::test]
async fn another_content_type_is_unsupported() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/problem+json",
        "application/jsonx",
        "",
    ] {
        let call = gateway
            .post("/api/issue")
            .header("content-type", content_type);
        let answer = call.body(r#"{"userId":1}"#).send().await;
        assert_eq!(
            answer.refusal(),
            (415, "unsupported_media_type".to_owned()),
            "{content_type}"
        );
    }
    let none = gateway
        .post("/api/issue")
        .body(r#"{"userId":1}"#)
        .send()
        .await;
    assert_eq!(none.refusal(), (415, "unsupported_media_type".to_owned()));
    assert!(untouched(&redis).await);
    let good = gateway
        .post("/api/issue")
        .header("content-type", "Application/JSON; charset=utf-8");
    good.body(r#"{"userId":1}"#).send().await.ok();
}

#[tokio::test]
async fn three_megabytes_are_too_large() {
    let (redis, _upstream, gateway) = house(&[], &[]).await;
    let body = format!(r#"{{"userId":1,"x":"{}"}}"#, "a".repeat(3 << 20));
    assert_eq!(
        refused(&gateway, body).await,
        (413, "body_too_large".to_owned())
    );
    assert!(untouched(&redis).await);
}
