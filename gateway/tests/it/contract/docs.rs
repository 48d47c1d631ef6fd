//! The contract on paper, served: open to all, from here alone, and no hole in the gate.

use serde_json::Value;

use crate::harness::house;

const COMMITTED: &str = include_str!("../../../../docs/openapi.json");

#[tokio::test]
async fn the_contract_is_a_page_that_asks_nobody_else() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let document = gateway.get("/stagedoor/openapi.json").send().await;
    let committed: Value = serde_json::from_str(COMMITTED).expect("JSON");
    assert_eq!(document.ok(), committed);
    for path in [
        "/stagedoor/docs/",
        "/stagedoor/docs/swagger-ui.css",
        "/stagedoor/docs/swagger-ui-bundle.js",
    ] {
        let file = gateway.get(path).send().await;
        assert_eq!(file.status, 200, "{path}");
        let policy = file.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
    }
    let start = gateway.get("/stagedoor/docs/swagger-initializer.js");
    let start = start.send().await;
    let start = String::from_utf8_lossy(&start.body);
    assert!(start.contains(r#""validatorUrl": "none""#), "{start}");
    let missing = gateway.get("/stagedoor/docs/nothing.js").send().await;
    assert_eq!(missing.refusal(), (404, "route_not_found".to_owned()));
    assert!(upstream.seen().is_empty(), "the upstream was asked");
}

#[tokio::test]
async fn what_only_looks_like_the_page_meets_the_gate() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    for path in [
        "/stagedoor",
        "/stagedoor/",
        "/stagedoor/other",
        "/stagedoor/docs2",
        "/stagedoor//docs/",
        "/Stagedoor/docs/",
        "/stagedoor/openapi.json/x",
    ] {
        let answer = gateway.get(path).send().await;
        assert_eq!(
            answer.refusal(),
            (401, "token_missing".to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn switched_off_its_paths_are_the_upstreams() {
    let (_redis, _upstream, gateway) = house(&[], &[("API_DOCS", "off")]).await;
    let token = gateway.admitted(1).await;
    for path in ["/stagedoor/docs/", "/stagedoor/openapi.json"] {
        let stranger = gateway.get(path).send().await;
        assert_eq!(stranger.refusal(), (401, "token_missing".to_owned()));
        let fan = gateway.get(path).token(&token).send().await;
        assert_eq!(fan.status, 200, "the upstream answers {path}");
        assert!(fan.header("content-security-policy").is_none());
    }
}
