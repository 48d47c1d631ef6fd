//! The seat status: how each seat stands, in the order of the map, never more than a second old.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::sleep;

use crate::harness::{Answer, Call, FIRST, Fan, House, PAST, Proxy, SECOND, eventually};

/// How old an answer may be.
const SECOND_LONG: Duration = Duration::from_secs(1);

fn status(fan: &Fan, rest: &str) -> Call {
    fan.get(&format!("/api/seat-status/{rest}"))
}

#[track_caller]
fn states(status: &Value) -> &str {
    status["states"].as_str().expect("letters")
}

/// Asks until the letters are these, for longer than an answer may be old.
async fn await_states(fan: &Fan, expected: &str) -> Value {
    eventually("the seats stand as expected", async || {
        states(&status(fan, SECOND).await.ok()) == expected
    })
    .await;
    status(fan, SECOND).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_seat_has_its_letter_in_the_order_of_the_map() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 12_000).await;
    fan.reserve(52).await.ok();
    fan.pay(12_000).await.ok();
    fan.reserve(51).await.ok();
    house.fan(2).reserve(53).await.ok();
    let lapse = "UPDATE seats SET hold_expires_at = UTC_TIMESTAMP(6) WHERE id = 53";
    house.database.run(lapse).await;
    let block = "UPDATE seats SET status = 'blocked' WHERE id = 60";
    house.database.run(block).await;
    let answer = status(&fan, SECOND).await;
    let told = answer.ok();
    let members = ["version", "expiresInMs", "left", "states", "layout"];
    assert_eq!(answer.members(), members);
    assert_eq!(states(&told), "hsaaaaaaab");
    assert_eq!(told["left"], 7);
    let left_ms = told["expiresInMs"].as_u64().expect("a number");
    assert!((1..=1_000).contains(&left_ms), "{left_ms}");
    assert!(told["version"].as_i64() > Some(1_600_000_000_000));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    let length = answer.body.len().to_string();
    assert_eq!(answer.header("content-length"), Some(length.as_str()));
    let map = house
        .visitor()
        .get(&format!("/api/seat-map/{SECOND}"))
        .await;
    assert_eq!(map.ok()["layout"], told["layout"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen_within_a_second_and_raises_the_version() {
    let house = House::open().await;
    let fan = house.fan(1);
    let before = status(&fan, SECOND).await.ok();
    assert_eq!(states(&before), "aaaaaaaaaa");
    let began = Instant::now();
    fan.reserve(51).await.ok();
    let after = await_states(&fan, "haaaaaaaaa").await;
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!((&before["left"], &after["left"]), (&10.into(), &9.into()));
    assert!(after["version"].as_i64() > before["version"].as_i64());
    sleep(Duration::from_millis(1_100)).await;
    let same = status(&fan, SECOND).await.ok();
    assert_eq!(
        same["version"], after["version"],
        "nothing has changed since"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_is_the_states_whichever_booking_tells_them() {
    let mut house = House::open().await;
    let fan = house.fan(1);
    let other = fan.at(house.add_instance(|_| {}));
    let tag = |answer: &Answer| answer.header("etag").expect("a tag").to_owned();
    let first = tag(&status(&fan, SECOND).await);
    assert_eq!(tag(&status(&other, SECOND).await), first);
    let known = status(&other, SECOND).header("if-none-match", &first).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    assert_eq!(tag(&known), first);
    fan.reserve(51).await.ok();
    await_states(&fan, "haaaaaaaaa").await;
    let changed = status(&fan, SECOND).header("if-none-match", &first).await;
    assert_eq!(changed.status, 200);
    assert_ne!(tag(&changed), first);
}

/// The network keeps the database's answers back, so that what arrives is old already, while one
/// seat after the other is sold.
#[tokio::test(flavor = "multi_thread")]
async fn a_sold_seat_never_looks_free_for_more_than_a_second() {
    let mut house = House::open().await;
    let proxy = Proxy::before(house.database.address()).await;
    let url = house.database.url_at(proxy.address());
    let far = house.add_instance(|settings| settings.database.url = url.clone());
    let viewer = house.fan(1).at(far);
    eventually("the far booking has looked", async || {
        status(&viewer, FIRST).await.status == 200
    })
    .await;
    proxy.delay_answers(Duration::from_millis(80));
    let (began, mut told) = (Instant::now(), 0);
    let sold = Mutex::new(Vec::new());
    let look = async {
        while began.elapsed() < Duration::from_secs(4) {
            let asked = Instant::now();
            let answer = status(&viewer, FIRST).await;
            if answer.status == 200 {
                told += 1;
                let answer = answer.ok();
                let old = |(seat, at): &(usize, Instant)| {
                    let free = states(&answer).as_bytes()[seat - 1] == b'a';
                    (free && asked > *at + SECOND_LONG).then(|| (*seat, asked - *at))
                };
                let stale = sold.lock().expect("a list").iter().find_map(old);
                assert_eq!(stale, None, "a seat was free so long after it was sold");
            }
        }
    };
    tokio::join!(sell_all(&house, &sold), look);
    assert!(told > 10, "the far booking told next to nothing");
}

/// Sells the fifty seats of the first date, and notes when each was.
async fn sell_all(house: &House, sold: &Mutex<Vec<(usize, Instant)>>) {
    for seat in 1..=50 {
        let sell = format!("UPDATE seats SET status = 'sold' WHERE id = {seat}");
        house.database.run(&sell).await;
        sold.lock().expect("a list").push((seat, Instant::now()));
        sleep(Duration::from_millis(40)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_are_added_are_on_status_and_map_with_one_layout() {
    let house = House::open().await;
    let fan = house.fan(1);
    let before = status(&fan, SECOND).await.ok();
    let csv = format!("concert,date,section,row,seat,price\nEvening,{SECOND},Hall,B,1,5000\n");
    house.database.import(&csv, false).await.expect("a row");
    let after = await_states(&fan, "aaaaaaaaaaa").await;
    assert_ne!(after["layout"], before["layout"]);
    eventually("the map has the new seat", async || {
        let map = house
            .visitor()
            .get(&format!("/api/seat-map/{SECOND}"))
            .await;
        map.ok()["layout"] == after["layout"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_is_for_who_is_inside_of_the_right_queue() {
    let house = House::open().await;
    let fan = house.fan(1);
    status(&house.visitor(), FIRST)
        .await
        .refused(401, "pass_required");
    status(&house.late_fan(1), FIRST)
        .await
        .refused(403, "session_expired");
    status(&house.fan_of("vip", 1), FIRST)
        .await
        .refused(403, "wrong_queue");
    let vip = format!("{FIRST}?concertId=2");
    status(&fan, &vip).await.refused(403, "wrong_queue");
    let told = status(&house.fan_of("vip", 1), &vip).await.ok();
    assert_eq!(states(&told), "a");
    status(&fan, PAST).await.refused(404, "date_not_found");
    status(&fan, "2099-11-11")
        .await
        .refused(404, "date_not_found");
    let unknown = status(&fan, &format!("{FIRST}?concertId=9")).await;
    unknown.refused(404, "concert_not_found");
    status(&fan, "tomorrow").await.refused(422, "invalid_field");
}
