//! Other origins: closed unless `CORS_ORIGINS` opens it; a cookie is believed only from our own.

use http::Method;
use serde_json::json;

use crate::harness::{Call, Gateway, house, text};

const SHOP: &str = "https://shop.example";

fn preflight(gateway: &Gateway, origin: &str, path: &str) -> Call {
    let call = gateway.call(Method::OPTIONS, path).header("origin", origin);
    call.header("access-control-request-method", "POST").header(
        "access-control-request-headers",
        "content-type,x-queue-token",
    )
}

#[tokio::test]
async fn closed_by_default() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    upstream.answer_with("access-control-allow-origin", "*");
    let token = gateway.admitted(1).await;
    for call in [
        preflight(&gateway, SHOP, "/api/issue"),
        gateway
            .get("/api/status/1")
            .header("origin", SHOP)
            .token(&token),
        gateway.get("/seats").header("origin", SHOP).token(&token),
    ] {
        let answer = call.send().await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn open_for_the_origins_that_are_named_and_no_others() {
    let both = "https://shop.example, https://www.shop.example";
    let (_redis, upstream, gateway) = house(&[], &[("CORS_ORIGINS", both)]).await;
    let token = gateway.admitted(1).await;
    for path in [
        "/api/issue",
        "/api/status/1",
        "/api/reserve",
        "/behind/the/gate",
    ] {
        let answer = preflight(&gateway, SHOP, path).send().await;
        assert_eq!(answer.status, 200, "a preflight is never gated: {path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(SHOP));
        let headers = answer
            .header("access-control-allow-headers")
            .expect("headers");
        assert!(
            headers.contains("x-queue-token") && headers.contains("content-type"),
            "{headers}"
        );
        let other = preflight(&gateway, "https://evil.example", path)
            .send()
            .await;
        assert_eq!(other.header("access-control-allow-origin"), None);
    }
    assert!(upstream.seen().is_empty(), "no preflight reaches the house");
    for call in [gateway.get("/seats").token(&token), gateway.get("/seats")] {
        let answer = call.header("origin", SHOP).send().await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(SHOP),
            "refusals as well"
        );
    }
}

#[tokio::test]
async fn a_mutating_call_by_cookie_has_to_be_same_origin() {
    let (redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    let body = json!({"userId": 1});
    let from_elsewhere: [(&str, &str); 4] = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ];
    for (name, value) in from_elsewhere {
        for call in [
            gateway.post("/api/issue").json(&body),
            gateway.delete("/api/issue"),
            gateway.post("/api/process").json(&body),
        ] {
            let answer = call.cookie(&token).header(name, value).send().await;
            assert_eq!(
                answer.refusal(),
                (403, "cross_site".to_owned()),
                "{name}: {value}"
            );
        }
    }
    assert!(redis.score("active", 1).await.is_some() && upstream.seen().is_empty());
}

#[tokio::test]
async fn our_own_page_programs_and_other_carriers_may_call() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    let origin = format!("http://{}", gateway.address());
    let pay = || gateway.post("/api/process").json(&json!({"userId": 1}));
    for call in [
        pay().cookie(&token).header("sec-fetch-site", "same-origin"),
        pay().cookie(&token).header("origin", &origin),
        pay().cookie(&token),
        pay().token(&token).header("sec-fetch-site", "cross-site"),
        pay()
            .bearer(&token)
            .header("origin", "https://evil.example"),
        gateway
            .get("/seats")
            .cookie(&token)
            .header("sec-fetch-site", "cross-site"),
    ] {
        assert_eq!(call.send().await.status, 200);
    }
    assert_eq!(upstream.seen().len(), 6);
}

#[tokio::test]
async fn a_foreign_cookie_of_a_fan_without_token_does_not_get_in_the_way() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let call = gateway
        .post("/api/issue")
        .header("cookie", "shop=1")
        .header("origin", SHOP);
    let place = call.json(&json!({"userId": 5})).send().await.ok();
    assert!(!text(&place, "token").is_empty());
}
