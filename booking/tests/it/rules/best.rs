//! Rule 2 for the best seats: they are chosen by a plain read, and taken like any others.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{FIRST, House, at_once, deep};

/// All of them see the same best pair. Who loses it chooses again.
#[tokio::test(flavor = "multi_thread")]
async fn rule_2_fans_who_all_want_the_best_pair_get_different_seats() {
    for _ in 0..deep(3, 50) {
        let house = House::open().await;
        let fans = (1..=20).map(|id| house.fan(id));
        let answers = at_once(fans.map(|fan| async move {
            let body = json!({ "userId": fan.id, "date": FIRST, "count": 2 });
            fan.post("/api/reserve", &body).await
        }));
        let (mut held, mut winners) = (BTreeSet::new(), 0);
        for answer in answers.await {
            if answer.status != 200 {
                answer.refused(409, "seat_taken");
                continue;
            }
            winners += 1;
            let seats = answer.ok()["seatIds"].clone();
            let seats = seats.as_array().expect("seats").iter();
            held.extend(seats.map(|seat| seat.as_u64().expect("an id")));
        }
        assert_eq!(held.len(), 2 * winners, "a seat was given twice");
        assert!(winners >= 10, "{winners} of 20 found a pair among 25");
        house.database.assert_no_deadlock().await;
        house.database.assert_clean().await;
    }
}
