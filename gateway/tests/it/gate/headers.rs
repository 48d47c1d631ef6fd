//! Which headers cross the gate, and which do not, in both directions.

use crate::harness::{house, token_by};

#[tokio::test]
async fn nothing_of_ours_crosses_in_either_direction() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    upstream.answer_with("stagedoor-command", "revoke; t=x");
    upstream.answer_with("stagedoor-anything", "1");
    upstream.answer_with("x-of-the-house", "2");
    let token = gateway.admitted(1).await;
    let call = gateway.get("/seats").token(&token);
    let call = call
        .header("stagedoor-pass", "mine")
        .header("stagedoor-command", "revoke; t=1");
    let answer = call.header("stagedoor-future", "1").send().await;
    let names = upstream.last().headers;
    let ours: Vec<_> = names
        .keys()
        .filter(|name| name.as_str().starts_with("stagedoor"))
        .collect();
    assert_eq!(ours, ["stagedoor-pass"]);
    assert!(
        answer
            .headers
            .keys()
            .all(|name| !name.as_str().starts_with("stagedoor"))
    );
    assert_eq!(answer.header("x-of-the-house"), Some("2"));
}

#[tokio::test]
async fn hop_by_hop_headers_end_at_the_gate() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    upstream.answer_with("keep-alive", "timeout=5");
    upstream.answer_with("connection", "x-hop-back");
    upstream.answer_with("x-hop-back", "1");
    upstream.answer_with("proxy-authenticate", "Basic");
    let token = gateway.admitted(1).await;
    let call = gateway
        .get("/seats")
        .token(&token)
        .header("connection", "x-hop, keep-alive");
    let call = call
        .header("x-hop", "1")
        .header("te", "trailers")
        .header("proxy-connection", "x");
    let answer = call
        .header("proxy-authorization", "Basic x")
        .header("x-kept", "1")
        .send()
        .await;
    let seen = upstream.last();
    for name in [
        "x-hop",
        "te",
        "proxy-connection",
        "proxy-authorization",
        "keep-alive",
        "upgrade",
    ] {
        assert_eq!(seen.header(name), None, "{name}");
    }
    assert_eq!(seen.header("x-kept"), Some("1"));
    for name in ["keep-alive", "x-hop-back", "proxy-authenticate"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
}

#[tokio::test]
async fn the_house_hears_from_us_alone_who_called() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    let call = gateway
        .get("/seats")
        .token(&token)
        .header("host", "shop.example");
    let call = call
        .header("x-forwarded-for", "6.6.6.6")
        .header("x-forwarded-for", "7.7.7.7");
    let call = call
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-port", "1");
    let call = call
        .header("forwarded", "for=6.6.6.6")
        .header("x-real-ip", "6.6.6.6");
    let call = call
        .header("x-request-id", "mine")
        .header("tracestate", "x=y");
    let trace = "00-11111111111111111111111111111111-2222222222222222-01";
    let answer = call.header("traceparent", trace).send().await;
    let seen = upstream.last();
    assert_eq!(seen.header("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.header("x-forwarded-proto"), Some("http"));
    assert_eq!(seen.header("x-forwarded-host"), Some("shop.example"));
    assert_eq!(seen.header("host"), Some("shop.example"));
    for name in [
        "x-forwarded-port",
        "forwarded",
        "x-real-ip",
        "tracestate",
        "x-request-id",
    ] {
        assert_eq!(seen.header(name), None, "{name}");
    }
    let id = answer.header("x-request-id").expect("an id");
    let parent = seen.header("traceparent").expect("traceparent");
    assert!(parent.starts_with(&format!("00-{id}-")), "{parent}");
    assert_eq!(seen.pass().request_id, id, "one id from end to end");
}

#[tokio::test]
async fn the_queue_token_stays_at_the_gate_however_it_came() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    let seats = || gateway.get("/seats");
    for call in [
        seats().token(&token),
        seats().bearer(&token),
        seats().cookie(&token),
        seats().token(&token).bearer(&token).cookie(&token),
        seats().header("cookie", format!("a=1; stagedoor_token={token}; b=2")),
        seats().token(&token).bearer(&token_by(
            "t:CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA",
            &serde_json::json!({}),
        )),
    ] {
        assert_eq!(call.send().await.status, 200);
        let seen = upstream.last();
        assert_eq!(
            (seen.header("x-queue-token"), seen.header("authorization")),
            (None, None)
        );
        let cookie = seen.header("cookie");
        assert!(
            cookie.is_none_or(|cookie| cookie == "a=1; b=2"),
            "{cookie:?}"
        );
    }
}

#[tokio::test]
async fn a_shops_own_login_and_cookies_pass_through() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    for login in ["Bearer shop-login", "Basic dTpw", "Digest a=b"] {
        let call = gateway
            .get("/seats")
            .token(&token)
            .header("authorization", login);
        call.header("cookie", "sid=abc; theme=dark").send().await;
        assert_eq!(upstream.last().header("authorization"), Some(login));
        assert_eq!(
            upstream.last().header("cookie"),
            Some("sid=abc; theme=dark")
        );
    }
}

#[tokio::test]
async fn cookies_that_are_no_text_pass_byte_by_byte() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    for other in ["name=김치".as_bytes(), b"name=\xe9\xff"] {
        let line = [other, b"; stagedoor_token =", token.as_bytes(), b"; b=2"].concat();
        let call = gateway.get("/seats").header("cookie", line);
        assert_eq!(call.send().await.status, 200);
        let expected = [other, b"; b=2"].concat();
        assert_eq!(upstream.last().headers["cookie"].as_bytes(), expected);
    }
}

#[tokio::test]
async fn the_houses_answer_comes_back_as_it_is() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    upstream.answer_with("set-cookie", "sid=1");
    upstream.answer_with("set-cookie", "theme=dark");
    upstream.answer_with("etag", "\"1\"");
    upstream.answer_with("cache-control", "max-age=5");
    upstream.answer_with("content-encoding", "x-as-is");
    let token = gateway.admitted(1).await;
    let answer = gateway.get("/seats").token(&token).send().await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["sid=1", "theme=dark"]);
    assert_eq!(answer.header("etag"), Some("\"1\""));
    assert_eq!(answer.header("cache-control"), Some("max-age=5"));
    assert_eq!(answer.header("content-encoding"), Some("x-as-is"));
}

#[tokio::test]
async fn long_and_doubled_headers_are_no_reason_to_fall_over() {
    let (_redis, upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    let long = "x".repeat(300);
    let call = gateway
        .get("/seats")
        .token(&token)
        .header("x-long", &long)
        .header("x-twice", "1");
    assert_eq!(call.header("x-twice", "2").send().await.status, 200);
    let seen = upstream.last();
    assert_eq!(seen.header("x-long"), Some(long.as_str()));
    assert_eq!(seen.headers.get_all("x-twice").iter().count(), 2);
    let doubled = gateway
        .get("/seats")
        .token(&token)
        .token("second")
        .send()
        .await;
    assert_eq!(doubled.status, 200, "the first one counts");
}
