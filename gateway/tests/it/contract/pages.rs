//! The pages: whole without a script, closed to other hosts and other sites, and no hole in the
//! gate. What a browser makes of them is tested in a browser (`scripts/node/pages`).

use axum::Router;
use axum::routing::get;
use http::Method;

use crate::harness::{Answer, Gateway, Upstream, eventually, house, opened};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

fn body(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The scene that a waiting page shows first.
fn scene(answer: &Answer) -> String {
    let text = body(answer);
    let (_, rest) = text.split_once("id=\"line\"").expect("a waiting page");
    let (_, rest) = rest.split_once("data-scene=\"").expect("a scene");
    rest.split('"').next().unwrap_or_default().to_owned()
}

async fn waiting_page(gateway: &Gateway, token: &str) -> Answer {
    gateway.get("/stagedoor/line").cookie(token).send().await
}

#[tokio::test]
async fn a_person_is_led_through_the_line_and_a_program_is_refused() {
    let (_redis, upstream, gateway) = house(&[("max_active", "1")], &[]).await;
    let active = gateway.admitted(1).await;
    let waiting = gateway.issue(2).await;
    let waiting = waiting["token"].as_str().expect("a token");
    for token in ["", waiting] {
        let call = gateway.get("/shop/7?a=1&b=//x").header("accept", HTML);
        let call = if token.is_empty() {
            call
        } else {
            call.cookie(token)
        };
        let answer = call.send().await;
        assert_eq!(answer.status, 303, "{answer:?}");
        let to = "/stagedoor/line?back=/shop/7%3Fa%3D1%26b%3D//x";
        assert_eq!(answer.header("location"), Some(to));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    let fetched = gateway.get("/shop/7").header("accept", HTML);
    let fetched = fetched.header("sec-fetch-mode", "cors").send().await;
    assert_eq!(fetched.refusal(), (401, "token_missing".to_owned()));
    let program = gateway.get("/shop/7").header("accept", "*/*").send().await;
    assert_eq!(program.refusal(), (401, "token_missing".to_owned()));
    assert!(upstream.seen().is_empty(), "the upstream was asked");
    let inside = gateway.get("/shop/7").header("accept", HTML);
    assert_eq!(inside.cookie(&active).send().await.status, 200);
}

#[tokio::test]
async fn switched_off_there_are_no_pages_and_no_redirects() {
    let (_redis, _upstream, gateway) = house(&[], &[("PAGES", "off")]).await;
    for path in ["/", "/stagedoor/line", "/stagedoor/seats"] {
        let answer = gateway.get(path).header("accept", HTML).send().await;
        assert_eq!(
            answer.refusal(),
            (401, "token_missing".to_owned()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn before_a_shop_of_ones_own_its_front_door_and_other_paths_stay_its_own() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let token = gateway.admitted(1).await;
    for path in ["/", "/stagedoor/seats", "/stagedoor/tickets"] {
        let answer = gateway.get(path).cookie(&token).send().await;
        assert_eq!(body(&answer), "from the house", "{path}");
    }
}

#[tokio::test]
async fn the_waiting_page_is_whole_without_a_script() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    gateway.issue(1).await;
    let place = gateway.issue(2).await;
    let token = place["token"].as_str().expect("a token");
    let paused = || async {
        let page = waiting_page(&gateway, token).await;
        (body(&page).contains("data-show=\"paused\">")).then_some(page)
    };
    let page = eventually("the page says that the line is paused", paused).await;
    assert_eq!((page.status, scene(&page).as_str()), (200, "waiting"));
    let text = body(&page);
    assert!(
        text.contains("<strong data-fill=\"position\">2</strong>"),
        "{text}"
    );
    assert!(
        text.contains("<noscript><meta http-equiv=\"refresh\""),
        "{text}"
    );
    assert!(text.contains("lang=\"en\""), "{text}");
    redis.configure(&[("mode", "open")]).await;
    gateway.heard(2, token, "activate").await;
    let page = waiting_page(&gateway, token).await;
    assert_eq!(scene(&page), "turn");
}

#[tokio::test]
async fn a_form_joins_and_another_leaves_and_no_other_site_can_send_them() {
    let (_redis, _upstream, gateway) = house(&[], &[]).await;
    let form = |call: crate::harness::Call, fields: &'static str| {
        call.header("content-type", "application/x-www-form-urlencoded")
            .body(fields)
    };
    let join = || gateway.post("/stagedoor/line");
    let joined = form(join(), "user=7&back=/shop").send().await;
    assert_eq!(joined.status, 303);
    assert_eq!(
        joined.header("location"),
        Some("/stagedoor/line?back=/shop")
    );
    let cookie = joined.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.contains("HttpOnly"), "{cookie}");
    let away = form(join(), "user=8&back=//evil.example").send().await;
    assert_eq!(away.header("location"), Some("/stagedoor/line"));
    assert_eq!(form(join(), "user=012").send().await.status, 422);
    assert_eq!(form(join(), "user=").send().await.status, 303, "a new user");
    for path in ["/stagedoor/line", "/stagedoor/leave"] {
        let forged = gateway
            .call(Method::POST, path)
            .header("sec-fetch-site", "cross-site");
        let answer = form(forged, "user=9").send().await;
        assert_eq!(answer.refusal(), (403, "cross_site".to_owned()), "{path}");
    }
    let token = cookie.split(['=', ';']).nth(1).expect("a token");
    let left = gateway.post("/stagedoor/leave").cookie(token).send().await;
    assert_eq!(left.status, 303);
    let page = waiting_page(&gateway, token).await;
    assert_eq!(scene(&page), "over");
}

#[tokio::test]
async fn a_page_runs_and_loads_nothing_but_what_is_served_here() {
    let (_redis, _upstream, gateway) = house(&[], &[("PAGES", "shop")]).await;
    let token = gateway.admitted(1).await;
    for path in ["line", "seats", "payment", "tickets"] {
        let page = gateway
            .get(&format!("/stagedoor/{path}"))
            .cookie(&token)
            .send()
            .await;
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        let text = body(&page);
        assert!(
            !text.contains("http://") && !text.contains("https://"),
            "{path}: {text}"
        );
        assert!(
            !text.contains(" style=") && !text.contains(" onclick="),
            "{path}"
        );
        for link in text
            .split(['"'])
            .filter(|part| part.starts_with("/stagedoor/assets/") && part.contains('.'))
        {
            let file = gateway.get(link).send().await;
            assert_eq!(file.status, 200, "{link}");
            let cache = file.header("cache-control").expect("a lifetime");
            assert!(cache.ends_with("immutable"), "{link}: {cache}");
        }
    }
    let outside = gateway.get("/stagedoor/seats").send().await;
    assert_eq!(
        outside.header("location"),
        Some("/stagedoor/line?back=/stagedoor/seats")
    );
}

/// A gateway that is told this stock, and a fan who waits as number two.
async fn told(stock: &'static str) -> (Answer, Gateway, Vec<Upstream>) {
    let (redis, _) = opened(&[("mode", "paused")]).await;
    let books = Router::new().route("/stock", get(move || async move { stock }));
    let books = Upstream::with(books).await;
    let upstream = Upstream::start().await;
    let url = format!("{}/stock", books.url());
    let gateway = Gateway::start_with(&redis, upstream.url(), &[("STOCK_URL", &url)]);
    gateway.issue(1).await;
    let place = gateway.issue(2).await;
    let token = place["token"].as_str().expect("a token").to_owned();
    let known = || async {
        let news = gateway.get("/stagedoor/news").send().await.ok();
        news["stock"].is_object().then_some(())
    };
    eventually("the stock is known", known).await;
    (
        waiting_page(&gateway, &token).await,
        gateway,
        vec![books, upstream],
    )
}

#[tokio::test]
async fn a_line_longer_than_the_stock_is_warned_and_an_empty_house_ends_the_wait() {
    let (page, ..) = told(r#"{"queues":[{"queue":"main","left":1,"held":0,"sold":49}]}"#).await;
    assert_eq!(scene(&page), "waiting");
    assert!(
        body(&page).contains("data-show=\"unlikely\">"),
        "{}",
        body(&page)
    );
    let (page, ..) = told(r#"{"queues":[{"queue":"main","left":0,"held":2,"sold":48}]}"#).await;
    assert_eq!(scene(&page), "waiting", "what is held may come back");
    assert!(
        body(&page).contains("data-show=\"unlikely\" hidden>"),
        "{}",
        body(&page)
    );
    let (page, ..) = told(r#"{"queues":[{"queue":"main","left":0,"held":0,"sold":50}]}"#).await;
    assert_eq!(scene(&page), "sold-out");
}

#[tokio::test]
async fn the_shop_may_bring_its_own_look_and_words() {
    let folder = std::env::temp_dir().join(format!("stagedoor-theme-{:x}", rand::random::<u64>()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write("style.css", ":root { --brand: #b00020 }");
    write("logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
    write("en.json", r#"{"common":{"name":"Sejong Arts"}}"#);
    let path = folder.to_str().expect("text");
    let (_redis, _upstream, gateway) = house(&[], &[("PAGES_THEME", path)]).await;
    std::fs::remove_dir_all(&folder).expect("removed");
    let page = gateway.get("/stagedoor/line").send().await;
    let text = body(&page);
    assert!(text.contains("Sejong Arts</title>"), "{text}");
    let own: Vec<&str> = text
        .split('"')
        .filter(|part| part.starts_with("/stagedoor/theme/"))
        .collect();
    assert_eq!(own.len(), 2, "{own:?}");
    for link in own {
        assert_eq!(gateway.get(link).send().await.status, 200, "{link}");
    }
}

#[tokio::test]
async fn before_a_login_of_the_shops_own_the_form_joins_nobody() {
    let secret = "a secret of the shop with more than 256 bits";
    let settings = [("IDENTITY", "jwt"), ("IDENTITY_SECRET", secret)];
    let (redis, _upstream, gateway) = house(&[], &settings).await;
    let call = gateway
        .post("/stagedoor/line")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = call.body("user=123").send().await;
    assert_eq!((answer.status, scene(&answer).as_str()), (422, "join"));
    assert!(answer.header("set-cookie").is_none(), "{answer:?}");
    assert!(body(&answer).contains("Log in at the shop"), "{answer:?}");
    assert_eq!(redis.size("active").await + redis.size("waiting").await, 0);
}
