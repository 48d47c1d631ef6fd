//! The operator's commands about money and people: refund, cancel-date, forget.

use serde_json::json;

use super::commands::{assert_fails, booking, told};
use crate::harness::{FIRST, Fan, House, SECOND, ticket_keys};

const PRICE: i64 = 10_000;

/// A fan who has bought this seat with all the money there was, and the reservation.
async fn buyer(house: &House, id: u64, seat: u64) -> (Fan, String) {
    let fan = house.rich_fan(id, PRICE).await;
    let held = fan.reserve(seat).await.ok();
    fan.pay(PRICE).await.ok();
    let reservation = held["reservationId"].as_str().expect("an id");
    (fan, reservation.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_gives_money_back_whatever_the_cutoff_says_and_once() {
    let house = House::open().await;
    let settings = [("DATABASE_URL", house.database.url_text())];
    let (fan, id) = buyer(&house, 1, 1).await;
    fan.cancel(&json!(id)).await.refused(409, "not_refundable");
    let first = told(&booking(&["refund", &id], &settings));
    assert_eq!(
        first,
        "10000 won went back to user 1, and the seats are free\n"
    );
    let again = told(&booking(&["refund", &id], &settings));
    assert!(
        again.starts_with("nothing to do: 10000 won went back to user 1 at 2"),
        "{again}"
    );
    assert_eq!(fan.balance().await.ok()["balance"], PRICE);
    house.fan(2).reserve(1).await.ok();
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_says_what_it_cannot_refund() {
    let house = House::open().await;
    let settings = [("DATABASE_URL", house.database.url_text())];
    let held = house.fan(1).reserve(1).await.ok();
    let held = held["reservationId"].as_str().expect("an id");
    assert_fails(&booking(&["refund", held], &settings), 1, "is not paid");
    let unknown = "01931d2e-0000-7000-8000-000000000000";
    assert_fails(
        &booking(&["refund", unknown], &settings),
        1,
        "no such reservation",
    );
    assert_fails(&booking(&["refund", "1"], &settings), 64, "must be a UUID");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_date_refunds_everything_and_then_has_nothing_to_do() {
    let house = House::open().await;
    let settings = [("DATABASE_URL", house.database.url_text())];
    for user in 1..=5 {
        buyer(&house, user, user).await;
    }
    house.fan(6).reserve(6).await.ok();
    let lapsed = house.fan(7);
    lapsed.reserve(7).await.ok();
    house
        .database
        .end_hold_in(7, std::time::Duration::ZERO)
        .await;
    house.fan(8).reserve(51).await.ok();
    let arguments = ["cancel-date", "1", FIRST];
    let first = told(&booking(&arguments, &settings));
    let done = "5 reservations refunded with 50000 won, 2 holds ended";
    assert_eq!(
        first,
        format!("concert 1 on {FIRST} is called off: {done}\n")
    );
    let again = told(&booking(&arguments, &settings));
    assert!(again.starts_with("nothing is left to do"), "{again}");
    for user in 1..=5 {
        assert_eq!(house.fan(user).balance().await.ok()["balance"], PRICE);
    }
    let fan = house.fan(6);
    let status = |list: &serde_json::Value| list["items"][0]["status"].clone();
    assert_eq!(status(&fan.reservations().await.ok()), "released");
    assert_eq!(status(&lapsed.reservations().await.ok()), "expired");
    assert_eq!(fan.dates().await.ok(), json!([SECOND]));
    fan.reserve(1).await.refused(409, "sale_closed");
    let blocked = "SELECT COUNT(*) FROM seats WHERE status = 'blocked'";
    assert_eq!(house.database.number(blocked).await, 50);
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_date_says_when_there_is_no_such_date() {
    let house = House::open().await;
    let settings = [("DATABASE_URL", house.database.url_text())];
    for (concert, date) in [("1", "2099-12-31"), ("99", FIRST)] {
        let output = booking(&["cancel-date", concert, date], &settings);
        assert_fails(&output, 1, "no performance on this date");
    }
    for (concert, date) in [("1", "31.12.2099"), ("x", FIRST)] {
        let output = booking(&["cancel-date", concert, date], &settings);
        assert_eq!(output.status.code(), Some(64));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forget_takes_the_name_out_of_the_books_and_keeps_the_books() {
    let house = House::open().await;
    let settings = [("DATABASE_URL", house.database.url_text())];
    let user = 777_000_777;
    let (fan, id) = buyer(&house, user, 1).await;
    fan.charge(PRICE).key("k").await.ok();
    fan.reserve(2).key("l").await.ok();
    fan.pay(PRICE).key("m").await.ok();
    house.fan(2).charge(5).await.ok();
    let code = fan.reservations().await.ok()["items"][0]["seats"][0]["ticketCode"].clone();
    let over = "UPDATE concert_dates SET starts_at = '2021-01-01' WHERE id = 1";
    house.database.run(over).await;
    let before = house.database.audit().await;
    let first = told(&booking(&["forget", "777000777"], &settings));
    let kept = "2 reservations, 2 payments and 4 ledger entries stay, under a pseudonym";
    assert_eq!(first, format!("user 777000777 is forgotten: {kept}\n"));
    assert_nothing_names(&house, user).await;
    let after = house.database.audit().await;
    assert!(after.is_clean(), "{after}");
    assert_eq!(after.totals, before.totals);
    let again = told(&booking(&["forget", "777000777"], &settings));
    assert_eq!(again, "nothing is known of user 777000777\n");
    assert_eq!(fan.reservations().await.ok()["items"], json!([]));
    assert_eq!(fan.history().await.ok()["items"], json!([]));
    assert_eq!(fan.charge(1).key("k").await.ok()["balance"], 1);
    let refund = booking(&["refund", &id], &settings);
    assert_fails(&refund, 1, "its user was forgotten");
    let called_off = told(&booking(&["cancel-date", "1", FIRST], &settings));
    let left = "0 reservations refunded with 0 won, 0 holds ended, 2 sold seats of forgotten users";
    assert!(called_off.contains(left) || called_off.starts_with("nothing is left"));
    let keys = ticket_keys();
    let settings = [settings[0], ("TICKET_KEYS", &keys)];
    let arguments = ["ticket", "verify", code.as_str().expect("a code")];
    let verified = told(&booking(&arguments, &settings));
    assert!(verified.contains("a user who was forgotten"), "{verified}");
    house.database.assert_clean().await;
}

/// No column by which users are known has the number in it, in whatever table; nor has an answer.
async fn assert_nothing_names(house: &House, user: u64) {
    let columns = "SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns
                    WHERE table_schema = DATABASE()
                      AND (column_name = 'user_id' OR (table_name, column_name) = ('users', 'id'))";
    let columns = house.database.texts(columns).await;
    assert!(columns.len() >= 6, "{columns:?}");
    for column in columns {
        let (table, _) = column.split_once('.').expect("a table");
        let count = format!("SELECT COUNT(*) FROM {table} WHERE {column} = {user}");
        assert_eq!(house.database.number(&count).await, 0, "{column}");
    }
    let bodies = format!("SELECT COUNT(*) FROM idempotency_keys WHERE LOCATE('{user}', body) > 0");
    assert_eq!(house.database.number(&bodies).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn forget_refuses_while_something_is_still_the_users() {
    let house = House::open().await;
    let settings = [("DATABASE_URL", house.database.url_text())];
    let forget = |part: &str| {
        assert_fails(&booking(&["forget", "1"], &settings), 1, part);
    };
    let fan = house.rich_fan(1, PRICE).await;
    forget("the balance is 10000 won");
    let held = fan.reserve(1).await.ok();
    fan.pay(PRICE).await.ok();
    forget("1 paid reservations are for dates to come");
    let second = fan.reserve(2).await.ok();
    forget("1 holds run");
    fan.release(&second["reservationId"]).await.ok();
    let id = held["reservationId"].as_str().expect("an id");
    told(&booking(&["refund", id], &settings));
    forget("the balance is 10000 won");
    house.database.assert_clean().await;
}
