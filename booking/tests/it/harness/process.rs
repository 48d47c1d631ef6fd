//! Booking as a process of its own, as an operator runs it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{House, eventually, pass_keys, ticket_keys};

/// `booking serve`, ended with the test.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts it on the house's database, with these settings and no others, and waits until it is
    /// ready.
    pub(crate) async fn start(house: &House, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_booking"))
            .env_clear()
            .env("DATABASE_URL", house.database.url_text())
            .env("PASS_KEYS", pass_keys())
            .env("TICKET_KEYS", ticket_keys())
            .env("CHARGE", "demo")
            .env("BOOKING_LISTEN", "127.0.0.1:0")
            .env("BOOKING_ADMIN_LISTEN", "127.0.0.1:0")
            .envs(settings.iter().copied())
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
        let address = address.expect("an address");
        let anyone = house.fan(1).at(address);
        eventually("booking is ready", async || {
            anyone.get("/readyz").await.status == 200
        })
        .await;
        Self { child, address }
    }

    /// Where it answers.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.child.id().try_into().expect("an id of a process");
        kill(Pid::from_raw(id), signal).expect("it still runs");
    }

    /// Waits for its end by itself, and answers how that was.
    pub(crate) async fn end(self) -> ExitStatus {
        let child = Mutex::new(self);
        let status = || child.lock().expect("one waits").child.try_wait();
        eventually("booking has ended", async || {
            matches!(status(), Ok(Some(_)))
        })
        .await;
        status().expect("a child").expect("its status")
    }

    /// The ports of others that this process has connections to; its own clients are left out.
    pub(crate) fn ports_it_talks_to(&self) -> BTreeSet<u16> {
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
