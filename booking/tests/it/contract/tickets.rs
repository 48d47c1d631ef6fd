//! A paid seat has a ticket's code, and `booking ticket verify` says what it is good for.

use serde_json::Value;

use super::commands::{assert_fails, booking, told};
use crate::harness::{FIRST, Fan, House, ticket_keys};

const PRICE: i64 = 10_000;

/// A fan who has bought this seat, the reservation, and the ticket's code.
async fn buyer(house: &House, id: u64, seat: u64) -> (Fan, Value, String) {
    let fan = house.rich_fan(id, PRICE).await;
    fan.reserve(seat).await.ok();
    fan.pay(PRICE).await.ok();
    let bought = fan.reservations().await.ok()["items"][0].clone();
    let code = bought["seats"][0]["ticketCode"].as_str().expect("a code");
    (fan, bought["reservationId"].clone(), code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_valid_until_its_reservation_is_refunded() {
    let house = House::open().await;
    house.refund_until(24).await;
    let keys = ticket_keys();
    let settings = [
        ("DATABASE_URL", house.database.url_text()),
        ("TICKET_KEYS", &keys),
    ];
    let verify = |code: &str| booking(&["ticket", "verify", code], &settings);
    let (fan, id, code) = buyer(&house, 1, 7).await;
    let valid = told(&verify(&code));
    let begin = format!(
        "valid: Evening, {FIRST}, Hall row A seat 7 (number 7), 10000 won, user 1, reservation {}",
        id.as_str().expect("text")
    );
    assert!(valid.starts_with(&begin), "{valid}");
    let sloppy = code.to_lowercase().replace('-', " ");
    let sloppy: Vec<&str> = ["ticket", "verify"]
        .into_iter()
        .chain(sloppy.split(' '))
        .collect();
    assert_eq!(told(&booking(&sloppy, &settings)), valid);
    fan.cancel(&id).await.ok();
    let listed = &fan.reservations().await.ok()["items"][0];
    assert_eq!(listed["seats"][0]["ticketCode"], Value::Null);
    let (_, _, next) = buyer(&house, 2, 7).await;
    assert_ne!(next, code);
    assert!(told(&verify(&next)).contains("user 2"));
    let refunded = verify(&code);
    assert_eq!(refunded.status.code(), Some(1));
    let text = String::from_utf8_lossy(&refunded.stdout);
    assert!(
        text.starts_with("refunded, not valid: Evening") && text.contains("user 1"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_we_did_not_make_is_no_ticket() {
    let house = House::open().await;
    let keys = ticket_keys();
    let settings = [
        ("DATABASE_URL", house.database.url_text()),
        ("TICKET_KEYS", &keys),
    ];
    let (_, _, code) = buyer(&house, 1, 7).await;
    let last = if code.ends_with('0') { "1" } else { "0" };
    let forged = format!("{}{last}", &code[..code.len() - 1]);
    let other_seat = format!("8{}", &code[1..]);
    let no_seat = format!("ZZZZ{}", &code[1..]);
    for wrong in [&forged, &other_seat, &no_seat, "hello", "7"] {
        let output = booking(&["ticket", "verify", wrong], &settings);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.starts_with("not a ticket: "), "{text}");
    }
    assert_fails(
        &booking(&["ticket", "verify", &code], &settings[..1]),
        64,
        "TICKET_KEYS: is not set",
    );
    assert_eq!(booking(&["ticket"], &settings).status.code(), Some(64));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_without_making_tickets_worthless() {
    let house = House::open().await;
    let (_, _, code) = buyer(&house, 1, 7).await;
    let new = format!("new:{}A", "N".repeat(42));
    let both = format!("{new},{}", ticket_keys());
    let verify = |keys: &str| {
        let settings = [
            ("DATABASE_URL", house.database.url_text()),
            ("TICKET_KEYS", keys),
        ];
        booking(&["ticket", "verify", &code], &settings)
    };
    assert!(told(&verify(&both)).starts_with("valid: "));
    assert_eq!(verify(&new).status.code(), Some(1), "a retired key");
}
