//! Rule 6: a client that hangs up cancels nothing, and nothing is left open.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use booking::store::{self, Database, Failure, Unwritten, Writes};
use rand::Rng as _;

use crate::harness::{Answer, Fan, House, deep, dice, eventually, scatter};

/// The database is busy when the client goes; the charge is done all the same.
#[tokio::test(flavor = "multi_thread")]
async fn rule_6_what_a_client_began_is_done_although_it_hung_up() {
    let house = House::open().await;
    let fan = house.rich_fan(1, 1).await;
    let balance = house.database.lock_balance(1).await;
    let waits = house.database.await_lock_waits(1);
    fan.charge(10_000).send_and_hang_up(waits).await;
    balance.free().await;
    eventually("the charge is done", async || {
        fan.balance().await.ok()["balance"] == 10_001
    })
    .await;
    house.database.assert_clean().await;
}

/// Fans who vanish at random moments come back with the same key: each thing happened once.
#[tokio::test(flavor = "multi_thread")]
async fn rule_6_clients_that_vanish_and_come_back_have_each_thing_done_once() {
    let house = House::open().await;
    let fans = (1..=deep(30, 50)).map(|id| house.fan(id));
    scatter(fans.map(vanish_and_return)).await;
    let sold = "SELECT COUNT(*) FROM seats WHERE status = 'sold'";
    let paid = "SELECT COUNT(*) FROM payments";
    let (sold, paid) = (
        house.database.number(sold).await,
        house.database.number(paid).await,
    );
    assert_eq!(
        (sold, paid),
        (deep(30, 50).cast_signed(), deep(30, 50).cast_signed())
    );
    house.database.assert_clean().await;
}

async fn vanish_and_return(fan: Fan) {
    let mut dice = dice(fan.id);
    let mut vanish = async |call: crate::harness::Call| {
        let patience = std::time::Duration::from_micros(dice.random_range(0..6_000));
        drop(tokio::time::timeout(patience, call).await);
    };
    vanish(fan.charge(50_000).key("charge")).await;
    until_ok(|| fan.charge(50_000).key("charge")).await;
    vanish(fan.reserve(fan.id).key("reserve")).await;
    until_ok(|| fan.reserve(fan.id).key("reserve")).await;
    vanish(fan.pay(10_000).key("pay")).await;
    until_ok(|| fan.pay(10_000).key("pay")).await;
    assert_eq!(fan.balance().await.ok()["balance"], 40_000);
}

async fn until_ok(call: impl Fn() -> crate::harness::Call) -> Answer {
    loop {
        let answer = call().await;
        if answer.status == 200 {
            return answer;
        }
        assert_eq!(answer.json()["retryable"], true, "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_6_what_was_left_open_is_rolled_back_before_the_next_use() {
    let house = House::with(|settings| settings.database.connections = 1).await;
    let database = house.office().database.clone();
    let mut connection = database.connection().await.expect("a connection");
    let mut tx = store::begin(&mut connection).await.expect("a transaction");
    let insert = "INSERT INTO users VALUES (77, UTC_TIMESTAMP(6))";
    house.database.run_on(&mut tx, insert).await;
    drop(connection);
    let mut connection = database.connection().await.expect("the same connection");
    let seen = "SELECT COUNT(*) FROM users WHERE id = 77";
    assert_eq!(house.database.number_on(&mut connection, seen).await, 0);
}

/// The future of a transaction is dropped at each point where it can wait. What the next user of
/// the connection writes is committed at once: nothing was open any more.
#[tokio::test(flavor = "multi_thread")]
async fn rule_6_a_future_dropped_anywhere_leaves_no_open_transaction() {
    let house = House::with(|settings| settings.database.connections = 1).await;
    let database = house.office().database.clone();
    house.fan(1).charge(1).await.ok();
    for user in 100..100 + deep(240, 5_000) {
        let polls = user / 2 % 10;
        if user % 2 == 0 {
            Dropped::after(polls, Box::pin(transaction(&database))).await;
        } else {
            Dropped::after(polls, Box::pin(packets(&database))).await;
        }
        let mut connection = database.connection().await.expect("the same connection");
        let insert = format!("INSERT INTO users VALUES ({user}, UTC_TIMESTAMP(6))");
        house.database.run_on(&mut connection, &insert).await;
        let seen = format!("SELECT COUNT(*) FROM users WHERE id = {user}");
        let seen = house.database.number(&seen).await;
        assert_eq!(seen, 1, "after {polls} polls a transaction was left open");
    }
}

async fn transaction(database: &Database) -> Result<(), Failure> {
    let mut connection = database.connection().await?;
    let mut tx = store::begin(&mut connection).await?;
    let user = shared::ids::UserId::new(1).expect("an id");
    store::balance::lock(&mut tx, user, None).await?;
    store::balance::add(&mut tx, user, 1).await?;
    store::commit(tx).await
}

/// The same in two packets.
async fn packets(database: &Database) -> Result<(), Failure> {
    let mut connection = database.connection().await?;
    let user = shared::ids::UserId::new(1).expect("an id");
    let locked = store::balance::locked(user, None);
    let (tx, _) = locked.ask_beginning(&mut connection).await?;
    let writes = Writes::default().must_hit(1, store::balance::subtract(&[(user, 0)]), ());
    match writes.commit(tx).await {
        Err(Unwritten::Failed(failure)) => Err(failure),
        _ => Ok(()),
    }
}

/// A future that is polled this often, and dropped.
struct Dropped<'a, T> {
    polls: u64,
    inner: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
}

impl<'a, T> Dropped<'a, T> {
    fn after(polls: u64, inner: Pin<Box<dyn Future<Output = T> + Send + 'a>>) -> Self {
        Self { polls, inner }
    }
}

impl<T> Future for Dropped<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.polls == 0 {
            return Poll::Ready(());
        }
        self.polls -= 1;
        self.inner.as_mut().poll(context).map(drop)
    }
}
