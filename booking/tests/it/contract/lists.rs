//! The lists: dates, seats, reservations, concerts.

use serde_json::{Value, json};

use crate::harness::{CLOSED, FIRST, House, PAST, SECOND, SOON};

#[tokio::test(flavor = "multi_thread")]
async fn a_sold_out_date_is_gone_and_a_held_one_is_not() {
    let house = House::open().await;
    let fan = house.fan(1);
    let held = "UPDATE seats SET status = 'held', hold_expires_at = UTC_TIMESTAMP(6) + INTERVAL 1
                HOUR, reservation_id = UNHEX(REPEAT('0', 32)) WHERE concert_date_id = 2";
    house.database.run(held).await;
    assert_eq!(fan.dates().await.ok(), json!([FIRST, SECOND]));
    assert_eq!(fan.seats(SECOND).await.ok(), json!([]));
    house
        .database
        .run("UPDATE seats SET status = 'sold' WHERE concert_date_id = 2")
        .await;
    assert_eq!(fan.dates().await.ok(), json!([FIRST]));
    assert_eq!(fan.seats(SECOND).await.ok(), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_lists_what_can_be_reserved_now_and_all_on_request() {
    let house = House::open().await;
    let (fan, buyer) = (house.fan(1), house.rich_fan(2, 10_000).await);
    fan.reserve(1).await.ok();
    buyer.reserve(2).await.ok();
    buyer.pay(10_000).await.ok();
    let numbers = |seats: &Value| -> Vec<u64> {
        let seats = seats.as_array().expect("a list");
        seats
            .iter()
            .filter_map(|seat| seat["seatNumber"].as_u64())
            .collect()
    };
    let free = fan.seats(FIRST).await.ok();
    assert_eq!(numbers(&free), (3..=50).collect::<Vec<_>>());
    let all = fan
        .get(&format!("/api/available-seats/{FIRST}?status=all"))
        .await
        .ok();
    assert_eq!(numbers(&all), (1..=50).collect::<Vec<_>>());
    let states = [&all[0]["status"], &all[1]["status"], &all[2]["status"]];
    assert_eq!(states, ["held", "sold", "available"]);
    house.database.lapse_holds().await;
    assert_eq!(
        fan.seats(FIRST).await.ok()[0]["seatId"],
        1,
        "a lapsed hold can be taken"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_unknown_or_past_is_404() {
    let house = House::open().await;
    let fan = house.fan(1);
    fan.seats("2099-11-11").await.refused(404, "date_not_found");
    fan.seats(PAST).await.refused(404, "date_not_found");
    assert_eq!(
        fan.seats(SOON).await.ok(),
        json!([]),
        "nothing can be reserved there yet"
    );
    assert_eq!(fan.seats(CLOSED).await.ok(), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_concert_is_asked_for_by_its_id() {
    let house = House::open().await;
    let (main, vip) = (house.fan(1), house.fan_of("vip", 1));
    assert_eq!(
        main.get("/api/available-dates?concertId=2").await.ok(),
        json!([FIRST])
    );
    let seats = format!("/api/available-seats/{FIRST}?concertId=2");
    main.get(&seats).await.refused(403, "wrong_queue");
    assert_eq!(vip.get(&seats).await.ok()[0]["price"], 90_000);
    vip.seats(FIRST).await.refused(403, "wrong_queue");
    let unknown = format!("/api/available-seats/{FIRST}?concertId=3");
    main.get(&unknown).await.refused(404, "concert_not_found");
    main.get("/api/available-dates?concertId=3")
        .await
        .refused(404, "concert_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_concert_can_be_chosen() {
    let second = "2".parse().expect("an id");
    let house = House::with(|settings| settings.default_concert = Some(second)).await;
    let seats = house.fan_of("vip", 1).seats(FIRST).await.ok();
    assert_eq!(seats.as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn concerts_are_listed_for_anyone() {
    let house = House::open().await;
    let all = house.visitor().get("/api/concerts").await.ok();
    let first = json!({
        "concertId": 1, "title": "Evening", "venue": "Opera House", "timeZone": "Asia/Seoul",
        "queue": "main",
    });
    assert_eq!(all["items"][0], first);
    assert_eq!(all["items"][1]["queue"], "vip");
    assert_eq!(all["nextCursor"], Value::Null);
    let page = house.visitor().get("/api/concerts?limit=1").await.ok();
    let cursor = page["nextCursor"].as_str().expect("there is more");
    let next = house
        .visitor()
        .get(&format!("/api/concerts?cursor={cursor}"))
        .await
        .ok();
    assert_eq!(next["items"], json!([all["items"][1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn reservations_are_listed_newest_first_with_their_seats() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 10_000).await;
    let first = fan.reserve(7).await.ok();
    fan.pay(10_000).await.ok();
    let second = fan.reserve(51).await.ok();
    let list = fan.reservations().await.ok();
    let (newest, oldest) = (&list["items"][0], &list["items"][1]);
    assert_eq!(newest["reservationId"], second["reservationId"]);
    assert_eq!(newest["status"], "reserved");
    assert_eq!(newest["paidAt"], Value::Null);
    assert!(newest["expiresInMs"].as_i64() > Some(290_000));
    assert_eq!(oldest["reservationId"], first["reservationId"]);
    assert_eq!(
        (&oldest["status"], &oldest["amount"]),
        (&json!("paid"), &json!(10_000))
    );
    assert_eq!(
        (&oldest["concertId"], &oldest["date"]),
        (&json!(1), &json!(FIRST))
    );
    let code = &oldest["seats"][0]["ticketCode"];
    assert!(code.is_string(), "a paid seat has a ticket");
    let seat = json!({
        "seatId": 7, "seatNumber": 7, "section": "Hall", "row": "A", "seat": "7", "price": 10_000,
        "ticketCode": code,
    });
    assert_eq!(oldest["seats"], json!([seat]));
    assert_eq!(newest["seats"][0]["ticketCode"], Value::Null);
    assert!(
        oldest["paidAt"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );
    assert_eq!(house.fan(2).reservations().await.ok()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_reservations_has_pages() {
    let house = House::open().await;
    house.lift_limit().await;
    let fan = house.fan(1);
    for seat in 1..=5 {
        fan.reserve(seat).await.ok();
    }
    let mut seats = Vec::new();
    let mut path = "/api/1/reservations?limit=2".to_owned();
    loop {
        let page = fan.get(&path).await.ok();
        let items = page["items"].as_array().expect("a list");
        seats.extend(items.iter().map(|one| one["seats"][0]["seatId"].as_u64()));
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/1/reservations?limit=2&cursor={cursor}");
    }
    assert_eq!(seats, [5, 4, 3, 2, 1].map(Some));
}
