//! The plant: Redis, the database, gateways and bookings, and a fault proxy in every connection.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::clocks;
use super::part::Part;
use super::plan::{Link, Target};
use super::servers::{Database, Servers, free_port};
use crate::proxy::FaultProxy;
use crate::system::program::Program;
use crate::system::settings::Settings;
use crate::system::{Concert, QUEUE, await_ready};
use crate::witness::books;
use crate::witness::line::Line;

/// The field of the config that says how many are let in a second.
pub(super) const RATE: &str = "promote_per_second";
const START_PATIENCE: Duration = Duration::from_mins(1);
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Everything that runs. It ends with the value.
pub(super) struct Plant {
    redis: Part,
    database: Part,
    doors: Vec<Door>,
    line: Line,
    settings: Settings,
    books_url: String,
    booking: Program,
    config: Vec<(&'static str, u64)>,
}

/// A gateway, its booking, and the proxies around them.
struct Door {
    gateway: Part,
    booking: Part,
    /// In the order of [`Link`].
    links: [FaultProxy; 4],
}

impl Plant {
    /// Starts all of it in an empty folder and sells this concert: a gateway and a booking for each
    /// number, which is how many minutes their clock is ahead.
    pub(super) async fn start(
        folder: &Path,
        servers: &Servers,
        concert: &Concert,
        minutes_ahead: &[i32],
        config: &[(&'static str, u64)],
    ) -> anyhow::Result<Self> {
        let (redis_port, database_port) = (free_port()?, free_port()?);
        let database = servers.database(folder, database_port)?;
        let settings = settings(redis_port, &database)?;
        let log = |name: &str| folder.join(format!("{name}.log"));
        let mut plant = Self {
            redis: Part::new("Redis", log("redis"), servers.redis(redis_port)),
            database: Part::new("the database", log("database"), database.recipe()),
            doors: Vec::new(),
            line: Line::new(settings.redis_url(), settings.key_prefix()),
            books_url: database.url(),
            booking: Program::find("booking")?,
            config: config.to_vec(),
            settings,
        };
        plant.redis.start()?;
        plant.database.start()?;
        plant.prepare(concert).await?;
        for (number, ahead) in minutes_ahead.iter().enumerate() {
            let mut own = plant.settings.clone();
            clocks::set_ahead(&mut own, *ahead)?;
            let door = Door::open(number, folder, own, &database).await?;
            plant.doors.push(door);
        }
        for door in &plant.doors {
            let address = door.links[0].address().to_string();
            let ready = tokio::time::timeout(START_PATIENCE, await_ready(&address)).await;
            ready.with_context(|| format!("see the logs in {}", folder.display()))?;
        }
        Ok(plant)
    }

    async fn prepare(&mut self, concert: &Concert) -> anyhow::Result<()> {
        self.await_servers().await?;
        let (booking, settings) = (&self.booking, &self.settings);
        booking.run(&["migrate"], settings, None).await?;
        let import = ["import", "/dev/stdin"];
        booking.run(&import, settings, Some(concert.csv())).await?;
        let gateway = Program::find("gateway")?;
        gateway
            .run(&["queue", "create", QUEUE], settings, None)
            .await?;
        self.line.configure(&self.config)
    }

    /// Until both servers answer.
    pub(super) async fn await_servers(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        while self.line.configure(&[]).is_err() || books::ping(&self.books_url).await.is_err() {
            let runs = self.redis.is_running()? && self.database.is_running()?;
            if !runs || Instant::now() > deadline {
                bail!("Redis or the database did not start: see their logs");
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        Ok(())
    }

    /// Sets the config again, as an operator does after a complete loss.
    pub(super) async fn configure(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_PATIENCE;
        while let Err(error) = self.line.configure(&self.config) {
            if Instant::now() > deadline {
                return Err(error);
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        Ok(())
    }

    /// How many the config lets in a second when nobody tunes it.
    pub(super) fn rate(&self) -> u64 {
        let rate = self.config.iter().find(|(field, _)| *field == RATE);
        rate.map_or(0, |(_, rate)| *rate)
    }

    pub(super) fn part(&mut self, target: Target) -> &mut Part {
        match target {
            Target::Gateway(number) => &mut self.doors[number].gateway,
            Target::Booking(number) => &mut self.doors[number].booking,
            Target::Redis => &mut self.redis,
            Target::Database => &mut self.database,
        }
    }

    pub(super) fn link(&self, link: Link) -> &FaultProxy {
        match link {
            Link::Door(number) => &self.doors[number].links[0],
            Link::Line(number) => &self.doors[number].links[1],
            Link::House(number) => &self.doors[number].links[2],
            Link::Books(number) => &self.doors[number].links[3],
        }
    }

    /// Where fans knock.
    pub(super) fn addresses(&self) -> Vec<String> {
        let doors = self.doors.iter();
        doors
            .map(|door| door.links[0].address().to_string())
            .collect()
    }

    pub(super) const fn line(&self) -> &Line {
        &self.line
    }

    /// What the database says.
    pub(super) async fn books(&self) -> anyhow::Result<crate::history::books::Books> {
        books::read(&self.books_url).await
    }

    /// Runs `booking audit`.
    pub(super) async fn audit(&self) -> anyhow::Result<()> {
        self.booking.run(&["audit"], &self.settings, None).await
    }
}

impl Door {
    /// Each of its parts is reached through a proxy, and keeps its port over a restart.
    async fn open(
        number: usize,
        folder: &Path,
        mut own: Settings,
        database: &Database,
    ) -> anyhow::Result<Self> {
        let (gateway_port, booking_port) = (free_port()?, free_port()?);
        let redis = own.redis_url().trim_start_matches("redis://").to_owned();
        let links = [
            proxy(&local(gateway_port)).await?,
            proxy(&redis).await?,
            proxy(&local(booking_port)).await?,
            proxy(&local(database.port())).await?,
        ];
        own.set("REDIS_URL", format!("redis://{}", links[1].address()));
        own.set("UPSTREAM_URL", format!("http://{}", links[2].address()));
        own.set("DATABASE_URL", database.url_at(links[3].address().port()));
        own.set("GATEWAY_LISTEN", local(gateway_port));
        own.set("BOOKING_LISTEN", local(booking_port));
        let part = |program: &str| -> anyhow::Result<Part> {
            let (own, found) = (own.clone(), Program::find(program)?);
            let log = folder.join(format!("{program}-{number}.log"));
            let serve = move || found.command(&["serve"], &own);
            Ok(Part::new(&format!("{program} {number}"), log, serve))
        };
        let (mut gateway, mut booking) = (part("gateway")?, part("booking")?);
        booking.start()?;
        gateway.start()?;
        Ok(Self {
            gateway,
            booking,
            links,
        })
    }
}

async fn proxy(target: &str) -> anyhow::Result<FaultProxy> {
    FaultProxy::start("127.0.0.1:0", target).await
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// On servers of our own, whatever is given.
fn settings(redis_port: u16, database: &Database) -> anyhow::Result<Settings> {
    Settings::on(
        format!("redis://{}", local(redis_port)),
        database.url(),
        String::new(),
    )
}
