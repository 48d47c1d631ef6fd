//! 1. Order: no inversion, whatever the number of gateways.

use gateway::store::{Joined, Joiner};

use super::storm::storm;
use crate::harness::{Desk, fan, opened};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promise_1_nobody_is_overtaken_over_four_gateways() {
    let ledger = storm().await.ledger;
    let count = ledger.promotions.len();
    assert!(count >= 30, "only {count} promotions prove nothing");
    let inversions = ledger.inversions();
    assert!(
        inversions.is_empty(),
        "{} of {count}: {inversions:?}",
        inversions.len()
    );
}

#[tokio::test]
async fn promise_1_fans_of_one_instant_stand_in_the_order_in_which_they_asked() {
    let (_redis, desk) = opened(&[("max_active", "0")]).await;
    let users = [9, 2, 30, 4, 11, 100, 1];
    let joiners = users.map(|user| Joiner {
        user: fan(user),
        proof: None,
    });
    let joins = desk
        .store
        .join(&desk.queue, &joiners)
        .await
        .expect("Redis answers");
    let tickets: Vec<u64> = joins.fans.iter().map(ticket_of).collect();
    assert!(tickets.is_sorted_by(|one, next| one < next), "{tickets:?}");
}

fn ticket_of(joined: &Joined) -> u64 {
    match joined {
        Joined::Waiting { ticket, .. } | Joined::Active { ticket, .. } => ticket.0,
        Joined::Closed => panic!("the queue is open"),
    }
}

#[tokio::test]
async fn promise_1_who_had_the_answer_first_is_ahead_whichever_gateway_gave_it() {
    let (redis, desk) = opened(&[("max_active", "0")]).await;
    let desks = [desk, Desk::open(&redis), Desk::open(&redis)];
    let mut before = 0;
    for number in (1..=60).rev() {
        let desk = &desks[usize::try_from(number).expect("small") % desks.len()];
        let ticket = desk.join(number).await.ticket.0;
        assert!(ticket > before, "fan {number} got {ticket} after {before}");
        before = ticket;
    }
}

#[tokio::test]
async fn promise_1_among_returners_the_lower_ticket_goes_first() {
    let (redis, desk) = opened(&[("mode", "paused")]).await;
    let mut places = Vec::new();
    for number in [1, 2, 3] {
        places.push(desk.join(number).await);
    }
    redis.configure(&[("mode", "open")]).await;
    assert_eq!(desk.promote().await.promoted, 3);
    for number in [1, 2, 3] {
        redis.run_out("active", number).await;
    }
    redis.configure(&[("max_active", "1")]).await;
    redis.configure(&[("mode", "paused")]).await;
    for returner in [2, 0, 1] {
        assert_eq!(desk.standing(&places[returner].token()).await.position(), 1);
    }
    desk.join(4).await;
    redis.configure(&[("mode", "open")]).await;
    assert_eq!(desk.order_of_admission(&redis, 4).await, [1, 2, 3, 4]);
}
