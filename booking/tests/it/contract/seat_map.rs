//! The seat map: what stands still about a date, the same bytes for everyone.

use std::io::Read as _;

use serde_json::{Value, json};

use crate::harness::{Answer, FIRST, Fan, House, PAST};

fn path(rest: &str) -> String {
    format!("/api/seat-map/{rest}")
}

/// The strings of a member, or the numbers as text, of each of a list.
fn each(list: &Value, member: &str) -> Vec<String> {
    let list = list.as_array().expect("a list");
    let texts = list.iter().map(|one| one[member].to_string());
    texts
        .map(|text| text.trim_matches('"').to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_sees_where_the_seats_are_and_what_they_cost() {
    let house = House::open().await;
    let answer = house.visitor().get(&path(FIRST)).await;
    let map = answer.ok();
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=30"));
    assert_eq!(answer.header("vary"), Some("accept-encoding"));
    assert_eq!(
        (&map["concertId"], &map["date"]),
        (&json!(1), &json!(FIRST))
    );
    assert_eq!(
        (&map["title"], &map["venue"]),
        (&json!("Evening"), &json!("Opera House"))
    );
    assert!(
        map["startsAt"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );
    let seat = json!({
        "seatId": 1, "seatNumber": 1, "section": "Hall", "row": "A", "seat": "1", "price": 10_000,
    });
    assert_eq!(map["seats"][0], seat);
    let numbers: Vec<String> = (1..=50).map(|number| number.to_string()).collect();
    assert_eq!(each(&map["seats"], "seatNumber"), numbers);
    assert_eq!(map["prices"], json!([{ "price": 10_000, "count": 50 }]));
    let row = json!({ "row": "A", "first": 0, "count": 50 });
    let section = json!({ "section": "Hall", "first": 0, "count": 50, "rows": [row] });
    assert_eq!(map["sections"], json!([section]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_is_in_the_order_of_sections_rows_and_numbers() {
    let house = House::open().await;
    let csv = "concert,date,section,row,seat,price,number\n\
               Wings,2099-12-01,West,2,a,5,7\n\
               Wings,2099-12-01,East,1,a,9,2\n\
               Wings,2099-12-01,West,1,a,5,1\n\
               Wings,2099-12-01,East,1,b,7,4\n\
               Wings,2099-12-01,West,1,b,5,3\n";
    house.database.import(csv, false).await.expect("a hall");
    let map = house
        .visitor()
        .get(&path("2099-12-01?concertId=3"))
        .await
        .ok();
    assert_eq!(each(&map["seats"], "seatNumber"), ["1", "3", "7", "2", "4"]);
    assert_eq!(each(&map["sections"], "section"), ["West", "East"]);
    assert_eq!(each(&map["sections"], "first"), ["0", "3"]);
    assert_eq!(each(&map["sections"][0]["rows"], "row"), ["1", "2"]);
    assert_eq!(each(&map["sections"][0]["rows"], "first"), ["0", "2"]);
    assert_eq!(each(&map["prices"], "price"), ["9", "7", "5"]);
    assert_eq!(each(&map["prices"], "count"), ["1", "1", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_is_the_contents_whichever_booking_tells_it() {
    let mut house = House::open().await;
    let visitor = house.visitor();
    let other = visitor.at(house.add_instance(|_| {}));
    let first = visitor.get(&path(FIRST)).await;
    let tag = first.header("etag").expect("a tag").to_owned();
    assert_eq!(
        other.get(&path(FIRST)).await.header("etag"),
        Some(tag.as_str())
    );
    let known = |fan: &Fan, tag: &str| fan.get(&path(FIRST)).header("if-none-match", tag);
    for fan in [&visitor, &other] {
        let same = known(fan, &format!("\"x\", {tag}")).await;
        assert_eq!((same.status, same.body.len()), (304, 0));
        assert_eq!(same.header("etag"), Some(tag.as_str()));
        assert_eq!(same.header("cache-control"), Some("public, max-age=30"));
    }
    assert_eq!(known(&visitor, "W/\"x\"").await.status, 200);
    house.fan(1).reserve(1).await.ok();
    assert_eq!(
        known(&visitor, &tag).await.status,
        304,
        "a sale changes no map"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_is_told_packed_to_who_can_unpack_it() {
    let house = House::open().await;
    let ask = |coding: &str| {
        house
            .visitor()
            .get(&path(FIRST))
            .header("accept-encoding", coding)
    };
    let plain = ask("identity").await;
    assert_eq!(plain.header("content-encoding"), None);
    let gzip = ask("gzip, br;q=0").await;
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    let mut told = Vec::new();
    let mut unpacked = flate2::read::GzDecoder::new(&gzip.body[..]);
    unpacked.read_to_end(&mut told).expect("gzip");
    assert_eq!(told, plain.body);
    let brotli = ask("gzip, deflate, br, zstd").await;
    assert_eq!(brotli.header("content-encoding"), Some("br"));
    told.clear();
    let mut unpacked = brotli::Decompressor::new(&brotli.body[..], 4096);
    unpacked.read_to_end(&mut told).expect("brotli");
    assert_eq!(told, plain.body);
    assert_eq!(gzip.header("etag"), brotli.header("etag"));
    let length = |answer: &Answer| answer.header("content-length").map(str::to_owned);
    assert_eq!(length(&brotli), Some(brotli.body.len().to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_of_what_is_not_there_is_404() {
    let house = House::open().await;
    let visitor = house.visitor();
    let ask = |rest: &str| visitor.get(&path(rest));
    for date in ["2099-11-11", PAST] {
        ask(date).await.refused(404, "date_not_found");
    }
    let unknown = ask(&format!("{FIRST}?concertId=9")).await;
    unknown.refused(404, "concert_not_found");
    ask("2099-1-1").await.refused(422, "invalid_field");
    let bad = ask(&format!("{FIRST}?concertId=x")).await;
    bad.refused(422, "invalid_field");
    let without = visitor.without_pass().get(&path(FIRST)).await;
    without.refused(401, "pass_required");
}
