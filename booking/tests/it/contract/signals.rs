//! How a running booking takes signals: it stops softly, and rereads its keys.

use nix::sys::signal::Signal;

use crate::harness::{House, Process, eventually, pass_keys};

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_is_told_to_stop_finishes_what_it_began() {
    let house = House::open().await;
    house.fan(1).charge(1).await.ok();
    let process = Process::start(&house, &[]).await;
    let fan = house.fan(1).at(process.address());
    let balance = house.database.lock_balance(1).await;
    let charge = tokio::spawn(fan.charge(10_000).into_future());
    house.database.await_lock_waits(1).await;
    process.signal(Signal::SIGTERM);
    eventually("nobody new is let in", async || {
        tokio::net::TcpStream::connect(process.address())
            .await
            .is_err()
    })
    .await;
    balance.free().await;
    assert_eq!(charge.await.expect("an answer").ok()["balance"], 10_001);
    let status = process.end().await;
    assert!(status.success(), "{status}");
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_reread_when_booking_is_told_to() {
    let house = House::open().await;
    let path = std::env::temp_dir().join(format!("keys-{}", house.database.name()));
    let others = format!("other:{}", "E".repeat(43));
    std::fs::write(&path, &others).expect("a file");
    let file = path.to_str().expect("a plain path");
    let settings = [("PASS_KEYS", ""), ("PASS_KEYS_FILE", file)];
    let process = Process::start(&house, &settings).await;
    let fan = house.fan(1).at(process.address());
    fan.balance().await.refused(401, "pass_required");
    std::fs::write(&path, "no keys").expect("a file");
    process.signal(Signal::SIGHUP);
    std::fs::write(&path, format!("{others},{}", pass_keys())).expect("a file");
    process.signal(Signal::SIGHUP);
    eventually("the new key is known", async || {
        fan.balance().await.status == 200
    })
    .await;
    std::fs::remove_file(&path).expect("the file");
}
