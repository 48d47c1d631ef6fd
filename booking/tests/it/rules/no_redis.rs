//! Rules 1 and 8: `InnoDB` alone judges seats and money, and booking needs no Redis at all.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{Fan, House, eventually, pass_keys};

/// `booking serve` as a process of its own, with a Redis in its environment that nobody runs.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(house: &House) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_booking"))
            .env_clear()
            .env("DATABASE_URL", house.database.url_text())
            .env("PASS_KEYS", pass_keys())
            .env("CHARGE", "demo")
            .env("BOOKING_LISTEN", "127.0.0.1:0")
            .env("BOOKING_ADMIN_LISTEN", "127.0.0.1:0")
            .env("REDIS_URL", "redis://127.0.0.1:1")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let mut lines = lines.map(|line| line.expect("a line of its log"));
        let listens = |line: &String| line.contains("booking listens");
        let line = lines.find(listens).expect("it says where it listens");
        // Somebody has to go on reading, or it would stand still when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        let line: Value = serde_json::from_str(&line).expect("a JSON line");
        let address = line["address"].as_str().and_then(|text| text.parse().ok());
        Self {
            child,
            address: address.expect("an address"),
        }
    }

    /// The ports of others that this process has connections to; its own clients are left out.
    fn ports_it_talks_to(&self) -> BTreeSet<u16> {
        let pid = self.child.id();
        let own = self.address.port();
        let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("its open files");
        let links = fds.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
        let sockets: BTreeSet<String> = links
            .filter_map(|link| {
                let link = link.to_str()?.strip_prefix("socket:[")?;
                Some(link.strip_suffix(']')?.to_owned())
            })
            .collect();
        let table = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).expect("its sockets");
        let port = |field: &str| u16::from_str_radix(field.rsplit(':').next()?, 16).ok();
        let connected = table.lines().skip(1).filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let is_connected = fields[3] == "01" && sockets.contains(fields[9]);
            (is_connected && port(fields[1])? != own).then(|| port(fields[2]))?
        });
        connected.collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn buy(fan: &Fan, seat: u64) {
    fan.charge(10_000).await.ok();
    fan.reserve(seat).await.ok();
    fan.pay(10_000).await.ok();
    assert_eq!(fan.balance().await.ok()["balance"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_1_without_any_redis_a_fan_buys_a_seat() {
    let house = House::open().await;
    let process = Process::start(&house);
    let fan = house.fan(123).at(process.address);
    eventually("booking is ready", async || {
        fan.get("/readyz").await.status == 200
    })
    .await;
    buy(&fan, 10).await;
    house.database.assert_clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rule_8_booking_talks_to_nobody_but_its_database() {
    let house = House::open().await;
    let process = Process::start(&house);
    let fan = house.fan(123).at(process.address);
    eventually("booking is ready", async || {
        fan.get("/readyz").await.status == 200
    })
    .await;
    buy(&fan, 10).await;
    let database_port = house.database.address().port();
    assert_eq!(process.ports_it_talks_to(), BTreeSet::from([database_port]));
}

#[test]
fn rule_8_the_crate_has_no_redis_in_it() {
    let manifest = include_str!("../../../Cargo.toml");
    assert!(!manifest.contains("redis"), "booking must not need Redis");
}
