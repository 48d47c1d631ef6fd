//! Rule 2: a seat is taken by one conditional UPDATE, and its row count is the verdict.

use std::collections::BTreeMap;
use std::sync::Arc;

use booking::actions::reserve::{Wish, reserve};
use booking::actions::{Call, Office};
use booking::domain::seat::SeatIds;
use booking::refusal::Refusal;
use booking::store;
use rand::Rng as _;
use rand::rngs::StdRng;
use shared::ids::{SeatId, UserId};

use crate::harness::{House, at_once, deep, dice, scatter};

const FANS: u64 = 50;

/// How many seats each fan may ask for at most is lifted, so that the same fans can race on.
#[tokio::test(flavor = "multi_thread")]
async fn rule_2_fifty_fans_on_one_seat_leave_one_winner_and_no_trace_of_the_others() {
    let house = House::open().await;
    house.lift_limit().await;
    let rounds = deep(10, 50);
    for seat in 1..=rounds {
        let fans = (1..=FANS).map(|id| house.fan(id));
        let answers = at_once(fans.map(|fan| async move { fan.reserve(seat).await })).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.status == 200);
        assert_eq!(won.len(), 1, "seat {seat} has {} winners", won.len());
        for answer in lost {
            assert_eq!(
                answer.refused(409, "seat_taken")["seatIds"],
                serde_json::json!([seat])
            );
        }
        let held = "SELECT COUNT(*) FROM reservations";
        assert_eq!(house.database.number(held).await, seat.cast_signed());
    }
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_fans_on_overlapping_pairs_never_deadlock() {
    let house = House::open().await;
    house.lift_limit().await;
    let rounds = deep(20, 200);
    let fans = (1..=FANS).map(|id| {
        let office = house.office();
        async move { take_pairs(&office, id, rounds).await }
    });
    let outcomes = scatter(fans).await;
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes.into_iter().flatten() {
        *count.entry(outcome).or_default() += 1;
    }
    let known = ["held", "taken"];
    assert!(
        count.keys().all(|outcome| known.contains(outcome)),
        "{count:?}"
    );
    house.database.assert_no_deadlock().await;
    house.database.assert_clean().await;
}

/// A fan who asks for two of ten seats again and again, in any order, while holds keep lapsing.
async fn take_pairs(office: &Arc<Office>, id: u64, rounds: u64) -> Vec<&'static str> {
    let mut dice = dice(id);
    let mut outcomes = Vec::new();
    for _ in 0..rounds {
        let call = Call {
            user: UserId::new(id).expect("a user's id"),
            keyed: None,
        };
        let wish = Wish {
            queue: "main".parse().expect("a queue's name"),
            seats: pair(&mut dice),
        };
        let brief = Office {
            hold: std::time::Duration::from_millis(dice.random_range(1..20)),
            cooldown: std::time::Duration::ZERO,
            ..Office::clone(office)
        };
        outcomes.push(match reserve(&brief, &call, &wish, |_| ()).await {
            Ok(_) => "held",
            Err(Refusal::SeatTaken { .. }) => "taken",
            Err(other) => panic!("{other:?}"),
        });
    }
    outcomes
}

fn pair(dice: &mut StdRng) -> SeatIds {
    let first = dice.random_range(1..=10);
    let second = (first + dice.random_range(0..9)) % 10 + 1;
    let ids = [first, second].map(|id| SeatId::new(id).expect("a seat's id"));
    SeatIds::new(ids.to_vec()).expect("two seats")
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_every_lock_by_id_walks_the_primary_key() {
    let house = House::open().await;
    house.fan(1).reserve(1).await.ok();
    for sql in store::locks_by_id() {
        let (key, rows) = house.database.explain(&sql).await;
        assert_eq!(key, "PRIMARY", "{sql}");
        assert!(rows <= 4, "{rows} rows are looked at by {sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_2_losers_wait_for_no_lock() {
    let house = House::open().await;
    house.fan(1).reserve(1).await.ok();
    house.fan(2).charge(1).await.ok();
    let seat = house
        .database
        .lock("SELECT * FROM seats WHERE id = 1")
        .await;
    let balance = house.database.lock_balance(2).await;
    house.fan(2).reserve(1).await.refused(409, "seat_taken");
    balance.free().await;
    seat.free().await;
}
