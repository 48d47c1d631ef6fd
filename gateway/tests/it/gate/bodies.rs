//! Bodies stream both ways: large ones, endless ones, and one event after the other.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use tokio::sync::{Mutex, mpsc};

use crate::harness::{Gateway, Upstream, house, opened, within};

const MEGABYTE: usize = 1 << 20;

/// A body that is what is sent into the channel, piece by piece.
fn channel() -> (mpsc::Sender<&'static str>, Body) {
    let (send, receive) = mpsc::channel::<&'static str>(8);
    let pieces = stream::unfold(receive, |mut receive| async move {
        let piece = receive.recv().await?;
        Some((
            Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes())),
            receive,
        ))
    });
    (send, Body::from_stream(pieces))
}

#[tokio::test]
async fn large_bodies_pass_whole_in_both_directions() {
    let (redis, _) = opened(&[]).await;
    let routes = Router::new().route("/echo", post(|body: Body| async { body }));
    let upstream = Upstream::with(routes).await;
    let limit = (16 * MEGABYTE).to_string();
    let gateway = Gateway::start_with(&redis, upstream.url(), &[("BODY_LIMIT_BYTES", &limit)]);
    let token = gateway.admitted(1).await;
    let sent: Vec<u8> = (0..=250).cycle().take(9 * MEGABYTE).collect();
    let pieces: Vec<Bytes> = sent.chunks(50_000).map(Bytes::copy_from_slice).collect();
    let chunked = Body::from_stream(stream::iter(pieces).map(Ok::<_, std::io::Error>));
    for body in [Body::from(sent.clone()), chunked] {
        let answer = gateway.post("/echo").token(&token).body(body).send().await;
        assert_eq!(answer.status, 200);
        assert!(
            answer.body == sent,
            "{} of {} bytes",
            answer.body.len(),
            sent.len()
        );
    }
}

#[tokio::test]
async fn an_event_arrives_before_the_next_one_is_sent() {
    let (redis, _) = opened(&[]).await;
    let (events, body) = channel();
    let body = Arc::new(Mutex::new(Some(body)));
    let stream = get(move || async move {
        let body = body.lock().await.take().expect("one listener");
        ([("content-type", "text/event-stream")], body)
    });
    let upstream = Upstream::with(Router::new().route("/events", stream)).await;
    let gateway = Gateway::start(&redis, upstream.url());
    let token = gateway.admitted(1).await;
    let answer = gateway.get("/events").token(&token).begin().await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut body = answer.into_body();
    for event in ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] {
        events.send(event).await.expect("the gateway listens");
        let frame = within("the event", body.frame())
            .await
            .expect("a frame")
            .expect("whole");
        assert_eq!(frame.into_data().expect("data"), event);
    }
    drop(events);
    assert!(within("the end", body.frame()).await.is_none());
}

#[tokio::test]
async fn the_house_reads_a_piece_before_the_fan_sends_the_next() {
    let (redis, _) = opened(&[]).await;
    let (told, mut heard) = mpsc::channel::<Bytes>(8);
    let listen = post(move |request: Request| async move {
        let mut body = request.into_body().into_data_stream();
        while let Some(Ok(piece)) = body.next().await {
            told.send(piece).await.expect("the test listens");
        }
        "heard"
    });
    let upstream = Upstream::with(Router::new().route("/speak", listen)).await;
    let gateway = Gateway::start(&redis, upstream.url());
    let token = gateway.admitted(1).await;
    let (say, body) = channel();
    let speaking = tokio::spawn(gateway.post("/speak").token(&token).body(body).send());
    for word in ["one", "two", "three"] {
        say.send(word).await.expect("the gateway reads");
        assert_eq!(within("a word", heard.recv()).await.expect("a word"), word);
    }
    drop(say);
    assert_eq!(
        within("the answer", speaking).await.expect("done").body,
        "heard"
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_or_not_it_says_so() {
    let (_redis, upstream, gateway) = house(&[], &[("BODY_LIMIT_BYTES", "1000")]).await;
    let token = gateway.admitted(1).await;
    let chunked = |pieces: usize| {
        let pieces = vec![Bytes::from_static(&[b'x'; 100]); pieces];
        Body::from_stream(stream::iter(pieces).map(Ok::<_, std::io::Error>))
    };
    for body in [Body::from(vec![b'x'; 1001]), chunked(11)] {
        let answer = gateway
            .post("/upload")
            .token(&token)
            .body(body)
            .send()
            .await;
        assert_eq!(answer.refusal(), (413, "body_too_large".to_owned()));
    }
    assert!(
        upstream.seen().is_empty(),
        "the house never got a whole one"
    );
    for body in [Body::from(vec![b'x'; 1000]), chunked(10)] {
        let answer = gateway
            .post("/upload")
            .token(&token)
            .body(body)
            .send()
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(upstream.last().body.len(), 1000);
    }
}
