//! The box office under test: its database, its service on a port of its own, and its fans.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use booking::actions::Office;
use booking::app::App;
use booking::cli::{self, PassArgs};
use booking::settings::{PassSettings, Settings};
use booking::sweeper;
use shared::ids::{QueueName, Ticket, UserId};
use shared::lifecycle::Shutdown;
use shared::pass::{Admission, Holder, Pass, PassSigner};
use shared::settings::Environment;

use super::fan::{Fan, Http, http};
use super::{TestDatabase, eventually};

/// A box office with the small house in it, for one test.
pub(crate) struct House {
    instances: Vec<Instance>,
    http: Http,
    pass: PassSettings,
    // Last, so that it is dropped when nobody uses it any more.
    pub(crate) database: TestDatabase,
}

/// One running booking.
struct Instance {
    address: SocketAddr,
    admin_address: SocketAddr,
    office: Arc<Office>,
    shutdown: Shutdown,
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

impl House {
    /// Open for everyone, without a sweeper: tests sweep when they want to.
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn with(change: impl Fn(&mut Settings)) -> Self {
        let database = TestDatabase::with_hall().await;
        let settings = settings(&database);
        let mut house = Self {
            instances: Vec::new(),
            http: http(),
            pass: settings.pass,
            database,
        };
        house.add_instance(change);
        house
    }

    /// One more booking on the same database. Answers where it is.
    pub(crate) fn add_instance(&mut self, change: impl Fn(&mut Settings)) -> SocketAddr {
        let mut settings = settings(&self.database);
        change(&mut settings);
        let instance = start(settings);
        let address = instance.address;
        self.instances.push(instance);
        address
    }

    /// Where the first booking answers.
    pub(crate) fn address(&self) -> SocketAddr {
        self.instances[0].address
    }

    /// Where the first booking tells its metrics.
    pub(crate) fn admin_address(&self) -> SocketAddr {
        self.instances[0].admin_address
    }

    /// What the first booking's actions work with.
    pub(crate) fn office(&self) -> Arc<Office> {
        Arc::clone(&self.instances[0].office)
    }

    /// One tick of the sweeper. Answers how many seats were freed.
    pub(crate) async fn sweep(&self) -> u64 {
        let swept = sweeper::tick(&self.office()).await;
        swept.expect("a sweep").seats
    }

    /// A fan whose session in the queue `main` runs.
    pub(crate) fn fan(&self, id: u64) -> Fan {
        self.fan_of("main", id)
    }

    /// A fan whose session in this queue runs, with the pass that `booking pass` prints.
    pub(crate) fn fan_of(&self, queue: &str, id: u64) -> Fan {
        let args = PassArgs {
            user: user_id(id),
            queue: queue.parse().expect("a queue's name"),
            ttl: Duration::from_hours(1),
            ticket: 7,
        };
        self.holder_of(Some(cli::pass(&self.pass, &args)), id)
    }

    /// A fan whose session is over.
    pub(crate) fn late_fan(&self, id: u64) -> Fan {
        let holder = Holder {
            user: user_id(id),
            queue: main_queue(),
            ticket: Ticket(7),
        };
        self.holder_of(Some(self.sign(Admission::Over(holder))), id)
    }

    /// Somebody whom the gateway let through on an open route.
    pub(crate) fn visitor(&self) -> Fan {
        self.holder_of(Some(self.sign(Admission::Open)), 1)
    }

    /// A fan with some money, charged by the fan.
    pub(crate) async fn rich_fan(&self, id: u64, won: i64) -> Fan {
        let fan = self.fan(id);
        fan.charge(won).await.ok();
        fan
    }

    fn holder_of(&self, pass: Option<String>, id: u64) -> Fan {
        Fan {
            id,
            pass,
            address: self.address(),
            http: self.http.clone(),
        }
    }

    fn sign(&self, admission: Admission) -> String {
        let pass = Pass {
            admission,
            request_id: "0123456789abcdef".to_owned(),
        };
        PassSigner::new(self.pass.keys.clone(), &self.pass.audience).sign(&pass)
    }

    /// Lets a user have as many seats of a date as a test needs.
    pub(crate) async fn lift_limit(&self) {
        self.database
            .run("UPDATE concerts SET max_seats_per_user = 1000")
            .await;
    }

    /// Lets fans cancel until so many hours before the start.
    pub(crate) async fn refund_until(&self, hours: u32) {
        self.database
            .run(&format!("UPDATE concerts SET cancel_until_hours = {hours}"))
            .await;
    }

    /// Waits until no transaction is open and no statement waits.
    pub(crate) async fn await_calm(&self) {
        eventually("all transactions have ended", async || {
            self.database.open_transactions().await.is_empty()
        })
        .await;
    }
}

fn start(settings: Settings) -> Instance {
    let app = App::build(settings).expect("a free port");
    let shutdown = Shutdown::new(Duration::from_secs(5));
    let instance = Instance {
        address: app.address().expect("a bound port"),
        admin_address: app.admin_address().expect("a bound port"),
        office: app.office(),
        shutdown: shutdown.clone(),
    };
    tokio::spawn(app.run(shutdown));
    instance
}

/// The settings of a booking on this database: any port, no sweeper, every charge believed.
fn settings(database: &TestDatabase) -> Settings {
    let env = Environment::default()
        .with("DATABASE_URL", database.url_text())
        .with("PASS_KEYS", pass_keys())
        .with("TICKET_KEYS", ticket_keys())
        .with("CHARGE", "demo")
        .with("SWEEP_SECONDS", "0")
        .with("BOOKING_LISTEN", "127.0.0.1:0")
        .with("BOOKING_ADMIN_LISTEN", "127.0.0.1:0");
    Settings::from_env(&env).expect("the settings of the tests")
}

/// Keys that sign passes in tests.
pub(crate) fn pass_keys() -> String {
    format!("test:{}", "A".repeat(43))
}

/// Keys that make tickets in tests.
pub(crate) fn ticket_keys() -> String {
    format!("test:{}A", "T".repeat(42))
}

fn user_id(id: u64) -> UserId {
    UserId::new(id).expect("a user's id")
}

fn main_queue() -> QueueName {
    "main".parse().expect("a queue's name")
}
