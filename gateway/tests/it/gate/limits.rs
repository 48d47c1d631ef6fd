//! How much goes to the house at once, and what happens when it does not answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::harness::{Answer, Gateway, Sandbox, Upstream, eventually, opened};

/// A house whose `/slow` answers when it is told to.
struct Slow {
    redis: Sandbox,
    /// Kept so that it goes on serving.
    _upstream: Upstream,
    gateway: Gateway,
    begun: Arc<Semaphore>,
    go: Arc<Semaphore>,
}

impl Slow {
    async fn open(in_flight: &str) -> Self {
        let (redis, _) = opened(&[]).await;
        let (begun, go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (begins, may_go) = (Arc::clone(&begun), Arc::clone(&go));
        let slow = any(move || async move {
            begins.add_permits(1);
            may_go.acquire().await.expect("open").forget();
            "slow"
        });
        let upstream = Upstream::with(Router::new().route("/slow", slow)).await;
        let rules = "own * /slow";
        let settings = [("UPSTREAM_IN_FLIGHT", in_flight), ("GATE_RULES", rules)];
        let gateway = Gateway::start_with(&redis, upstream.url(), &settings);
        Self {
            redis,
            _upstream: upstream,
            gateway,
            begun,
            go,
        }
    }

    /// A request that has reached the house and hangs there.
    async fn hanging(&self, token: &str) -> JoinHandle<Answer> {
        let call = tokio::spawn(self.gateway.post("/slow").token(token).send());
        self.begun.acquire().await.expect("open").forget();
        call
    }
}

#[tokio::test]
async fn what_is_above_the_limit_is_refused_at_once_and_not_queued() {
    let slow = Slow::open("2").await;
    let token = slow.gateway.admitted(1).await;
    let held = [slow.hanging(&token).await, slow.hanging(&token).await];
    let answer = slow.gateway.get("/seats").token(&token).send().await;
    assert_eq!(answer.refusal(), (503, "overloaded".to_owned()));
    assert_eq!(answer.json()["retryable"], true);
    assert!((1..=3).contains(&answer.retry_after()));
    assert_eq!(
        slow.gateway.status(1, &token).await.status,
        200,
        "the line is not the house"
    );
    slow.go.add_permits(2);
    for call in held {
        assert_eq!(call.await.expect("done").body, "slow");
    }
    assert_eq!(
        slow.gateway.get("/seats").token(&token).send().await.status,
        200
    );
}

#[tokio::test]
async fn fans_whose_session_is_over_share_a_quarter() {
    let slow = Slow::open("4").await;
    let over = slow.gateway.admitted(1).await;
    slow.redis.run_out("active", 1).await;
    slow.gateway.heard(1, &over, "expired").await;
    let active = slow.gateway.admitted(2).await;
    let held = slow.hanging(&over).await;
    let answer = slow.gateway.post("/slow").token(&over).send().await;
    assert_eq!(answer.refusal(), (503, "overloaded".to_owned()));
    assert_eq!(
        slow.gateway
            .get("/seats")
            .token(&active)
            .send()
            .await
            .status,
        200
    );
    slow.go.add_permits(1);
    assert_eq!(held.await.expect("done").status, 200);
}

#[tokio::test]
async fn a_fan_who_hangs_up_gives_the_capacity_back() {
    let slow = Slow::open("1").await;
    let token = slow.gateway.admitted(1).await;
    let mut fan = TcpStream::connect(slow.gateway.address())
        .await
        .expect("connected");
    let head = format!("GET /slow HTTP/1.1\r\nHost: x\r\nX-Queue-Token: {token}\r\n\r\n");
    fan.write_all(head.as_bytes()).await.expect("sent");
    slow.begun.acquire().await.expect("open").forget();
    let full = slow.gateway.get("/seats").token(&token).send().await;
    assert_eq!(full.refusal(), (503, "overloaded".to_owned()));
    drop(fan);
    eventually("the capacity is free again", || async {
        let answer = slow.gateway.get("/seats").token(&token).send().await;
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_house_that_is_not_there_is_upstream_down() {
    let (redis, _) = opened(&[]).await;
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", free.local_addr().expect("bound"));
    drop(free);
    let gateway = Gateway::start(&redis, &url);
    let token = gateway.admitted(1).await;
    let answer = gateway.get("/seats").token(&token).send().await;
    assert_eq!(answer.refusal(), (503, "upstream_down".to_owned()));
    assert_eq!(answer.json()["retryable"], true);
    assert!((1..=3).contains(&answer.retry_after()));
    assert_eq!(
        gateway.status(1, &token).await.ok()["status"],
        "activate",
        "the place is kept"
    );
}

#[tokio::test]
async fn a_house_that_does_not_answer_in_time_is_upstream_down() {
    let (redis, _) = opened(&[]).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("bound"));
    let gateway = Gateway::start_with(&redis, &url, &[("UPSTREAM_TIMEOUT_SECONDS", "1")]);
    let token = gateway.admitted(1).await;
    let began = Instant::now();
    let answer = gateway.get("/seats").token(&token).send().await;
    assert_eq!(answer.refusal(), (503, "upstream_down".to_owned()));
    assert!(
        began.elapsed() >= Duration::from_millis(900),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_house_that_talks_nonsense_is_upstream_down() {
    let (redis, _) = opened(&[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let talking = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.write_all(b"good evening\r\n\r\n").await);
        }
    });
    let gateway = Gateway::start(&redis, &url);
    let token = gateway.admitted(1).await;
    let answer = gateway.get("/seats").token(&token).send().await;
    assert_eq!(answer.refusal(), (503, "upstream_down".to_owned()));
    talking.abort();
}
