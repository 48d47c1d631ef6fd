//! `GET /api/status/{userId}/events`: status, pushed.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

use crate::harness::{Call, eventually, house, text, within};

/// An open stream, read event by event.
struct Events {
    body: Incoming,
    text: String,
}

struct Event {
    id: String,
    place: Value,
}

impl Events {
    async fn open(call: Call) -> Self {
        let answer = call.begin().await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        Self {
            body: answer.into_body(),
            text: String::new(),
        }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(event) = read(&event) {
                    return Some(event);
                }
                continue;
            }
            let frame = within("an event", self.body.frame()).await?;
            let data = frame.expect("a whole stream").into_data().expect("data");
            self.text
                .push_str(std::str::from_utf8(&data).expect("text"));
        }
    }
}

/// A comment is no event.
fn read(event: &str) -> Option<Event> {
    let field = |name: &str| {
        let mut lines = event.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    assert!(field("event").is_none_or(|name| name == "place"));
    Some(Event {
        id: field("id")?.to_owned(),
        place: serde_json::from_str(field("data")?).expect("JSON"),
    })
}

#[tokio::test]
async fn the_place_is_pushed_and_so_is_the_moment_of_promotion() {
    let (redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    gateway.issue(1).await;
    let token = text(&gateway.issue(2).await, "token");
    let call = gateway.get("/api/status/2/events").token(&token);
    let mut events = Events::open(call).await;
    let first = events.next().await.expect("the place");
    assert_eq!(
        (first.place["waitingId"].as_u64(), first.id.as_str()),
        (Some(2), "2")
    );
    assert_eq!(first.place["status"], "waiting");
    assert_eq!(first.place["token"], token.as_str());
    redis.configure(&[("mode", "open")]).await;
    let mut last = first;
    while last.place["status"] != "activate" {
        last = events.next().await.expect("more to come");
    }
    assert_eq!(last.place["waitingId"], 0);
    let record = redis.record(2).await.expect("called");
    assert!(record.ends_with(":0:0"), "a push is no claim: {record}");
    gateway.delete("/api/issue").token(&token).send().await.ok();
    while last.place["status"] != "expired" {
        last = events.next().await.expect("the end is said");
    }
    assert!(events.next().await.is_none(), "nothing more is to be said");
}

#[tokio::test]
async fn who_comes_back_after_a_cut_says_what_was_shown_and_never_sees_it_rise() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    for user in 1..=3 {
        gateway.issue(user).await;
    }
    let token = text(&gateway.issue(4).await, "token");
    let call = gateway.get("/api/status/4/events").token(&token);
    let mut again = Events::open(call.header("last-event-id", "2")).await;
    let place = again.next().await.expect("the place");
    assert_eq!(
        (place.place["waitingId"].as_u64(), place.id.as_str()),
        (Some(2), "2")
    );
}

#[tokio::test]
async fn without_a_token_the_path_is_the_proof_and_a_stranger_has_no_stream() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let token = text(&gateway.issue(1).await, "token");
    let mut events = Events::open(gateway.get("/api/status/1/events")).await;
    let place = events.next().await.expect("the place").place;
    assert_eq!(place["waitingId"], 1);
    let stranger = gateway.get("/api/status/9/events").send().await;
    assert_eq!(stranger.refusal(), (404, "not_in_line".to_owned()));
    let other = gateway
        .get("/api/status/9/events")
        .token(&token)
        .send()
        .await;
    assert_eq!(other.refusal(), (403, "wrong_user".to_owned()));
    let forged = gateway.get("/api/status/1/events").token("x").send().await;
    assert_eq!(forged.refusal(), (401, "token_invalid".to_owned()));
}

#[tokio::test]
async fn open_streams_end_when_the_gateway_stops() {
    let (_redis, _upstream, mut gateway) = house(&[("mode", "paused")], &[]).await;
    let token = text(&gateway.issue(1).await, "token");
    let call = gateway.get("/api/status/1/events").token(&token);
    let mut events = Events::open(call).await;
    events.next().await.expect("the place");
    gateway.shutdown().begin();
    assert!(events.next().await.is_none(), "a clean end");
    gateway.stopped().await.expect("no error");
}

#[tokio::test]
async fn a_fan_has_at_most_eight_streams_and_a_closed_one_makes_room() {
    let (_redis, _upstream, gateway) = house(&[("mode", "paused")], &[]).await;
    let token = text(&gateway.issue(1).await, "token");
    let open = || gateway.get("/api/status/1/events").token(&token);
    let mut streams = Vec::new();
    for _ in 0..8 {
        let mut events = Events::open(open()).await;
        events.next().await.expect("the place");
        streams.push(events);
    }
    let refused = open().send().await;
    assert_eq!(refused.refusal(), (429, "too_many_in_flight".to_owned()));
    streams.pop();
    let has_room = || async { (open().begin().await.status() == 200).then_some(()) };
    eventually("a closed stream makes room", has_room).await;
}
