//! Rule 5, in packets: what a write has to hit is judged by the server, inside the packet.

use booking::domain::reservation::ReservationId;
use booking::store::{self, Database, Unwritten, Writes};
use shared::ids::UserId;

use crate::harness::{House, at_once, deep, dice};
use rand::Rng as _;

fn user() -> UserId {
    UserId::new(1).expect("an id")
}

/// Takes a won and releases a reservation that there is none of.
fn half_wrong() -> Writes<&'static str> {
    let nobodys = store::reservation::release(ReservationId::generate());
    Writes::default()
        .must_hit(1, store::balance::subtract(&[(user(), 1)]), "the balance")
        .must_hit(1, nobodys, "the reservation")
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_5_a_packet_stops_at_the_write_that_misses_its_rows_and_says_which() {
    let house = House::open().await;
    house.rich_fan(1, 10).await;
    let database = house.office().database.clone();
    let mut connection = database.connection().await.expect("a connection");
    let locked = store::balance::locked(user(), None);
    let (tx, account) = locked
        .ask_beginning(&mut connection)
        .await
        .expect("a packet");
    assert_eq!(account.expect("an account").balance, 10);
    let Err(Unwritten::Missed(mut tx, what)) = half_wrong().commit(tx).await else {
        panic!("it was committed");
    };
    assert_eq!(what, "the reservation");
    // Still open, so that the reason can be found out, and seen by nobody else.
    let own = "SELECT balance FROM balances WHERE user_id = 1";
    assert_eq!(house.database.number_on(&mut tx, own).await, 9);
    assert_eq!(house.database.number(own).await, 10);
    drop(connection);
    house.fan(1).charge(1).await.ok();
    assert_eq!(house.database.number(own).await, 11);
}

/// Whether or not anybody is there to hear that a row was missed, nothing is committed.
#[tokio::test(flavor = "multi_thread")]
async fn rule_5_a_packet_that_misses_its_rows_commits_nothing_although_nobody_listens() {
    let house = House::open().await;
    house.rich_fan(1, 10).await;
    let database = house.office().database.clone();
    let senders = (0..deep(40, 1_000)).map(|number| send_and_leave(database.clone(), number));
    at_once(senders).await;
    // Its head waits for whatever of the packets is still under way.
    house.fan(1).charge(1).await.ok();
    house.fan(1).charge(1).await.ok();
    let balance = house.database.number("SELECT balance FROM balances").await;
    assert_eq!(balance, 12);
    house.database.assert_clean().await;
}

async fn send_and_leave(database: Database, number: u64) {
    let patience = std::time::Duration::from_micros(dice(number).random_range(0..20_000));
    let send = async {
        let mut connection = database.connection().await?;
        let locked = store::balance::locked(user(), None);
        let (tx, _) = locked.ask_beginning(&mut connection).await?;
        drop(half_wrong().commit(tx).await);
        Ok::<(), store::Failure>(())
    };
    drop(tokio::time::timeout(patience, send).await);
}
