//! The system under test: gateways and bookings as processes of their own, as they are deployed, on
//! free ports, with fresh keys, a key prefix and a database of their own.

mod concert;
pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod settings;

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::client::{Ask, Client};
use crate::history::books::Books;
use crate::witness::books;
use crate::witness::line::Line;

pub use concert::Concert;
use program::Program;
use server::Server;
use settings::Settings;

/// A debug build on a busy machine takes seconds to start.
const START_PATIENCE: Duration = Duration::from_mins(1);
const START_POLL: Duration = Duration::from_millis(50);
/// The queue that fans join unless they say otherwise.
pub(crate) const QUEUE: &str = "main";

/// How much is started, and how the line is set.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// How many gateways; each has a booking of its own.
    pub gateways: usize,
    /// `max_active`.
    pub max_active: u64,
    /// `promote_per_second`.
    pub promote_per_second: u64,
}

/// A running system. It ends with the value, whatever happens; its database and keys go with it.
#[derive(Debug)]
pub struct System {
    servers: Vec<Server>,
    doors: Vec<String>,
    line: Line,
    settings: Settings,
    booking: Program,
    is_done: bool,
}

impl System {
    /// Starts everything and sells this concert.
    ///
    /// # Errors
    /// When servers or programs are missing, or something does not start.
    pub async fn start(scale: Scale, concert: &Concert) -> anyhow::Result<Self> {
        Self::start_with(scale, concert, &[]).await
    }

    /// The same with more settings, environment variables by name.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        scale: Scale,
        concert: &Concert,
        more: &[(&'static str, String)],
    ) -> anyhow::Result<Self> {
        // Each fan is a connection, and so is each of the gateway's; the usual limit is 1,024.
        rlimit::increase_nofile_limit(u64::MAX).context("raising the limit of open files")?;
        let settings = Settings::fresh()?.with(more);
        let mut system = Self {
            servers: Vec::new(),
            doors: Vec::new(),
            line: Line::new(settings.redis_url(), settings.key_prefix()),
            booking: Program::find("booking")?,
            settings,
            is_done: false,
        };
        let gateway = Program::find("gateway")?;
        system.prepare(&gateway, concert).await?;
        let fields = [
            ("max_active", scale.max_active),
            ("promote_per_second", scale.promote_per_second),
        ];
        system.line.configure(&fields)?;
        for number in 0..scale.gateways {
            system.open_door(number, &gateway).await?;
        }
        Ok(system)
    }

    async fn prepare(&self, gateway: &Program, concert: &Concert) -> anyhow::Result<()> {
        let (booking, settings) = (&self.booking, &self.settings);
        booking.run(&["migrate"], settings, None).await?;
        booking
            .run(&["import", "/dev/stdin"], settings, Some(concert.csv()))
            .await?;
        gateway
            .run(&["queue", "create", QUEUE], settings, None)
            .await?;
        Ok(())
    }

    /// One booking and a gateway in front of it.
    async fn open_door(&mut self, number: usize, gateway: &Program) -> anyhow::Result<()> {
        let mut command = self.booking.command(&["serve"], &self.settings);
        let booking = Server::start(&format!("booking {number}"), &mut command)?;
        self.servers.push(booking);
        let upstream = self.last_address().await?;

        let mut command = gateway.command(&["serve"], &self.settings);
        command.env("UPSTREAM_URL", format!("http://{upstream}"));
        let gateway = Server::start(&format!("gateway {number}"), &mut command)?;
        self.servers.push(gateway);
        let door = self.last_address().await?;
        self.doors.push(door);
        Ok(())
    }

    /// Where the last server listens, when it says that it is ready.
    async fn last_address(&mut self) -> anyhow::Result<String> {
        let server = self
            .servers
            .last_mut()
            .context("no server has been started")?;
        let ready = async {
            let address = server.doors().await?.address;
            await_ready(&address).await;
            anyhow::Ok(address)
        };
        match tokio::time::timeout(START_PATIENCE, ready).await {
            Ok(address) => address,
            Err(_) => bail!("a server was not ready within {START_PATIENCE:?}"),
        }
    }

    /// The gateways' addresses.
    #[must_use]
    pub fn doors(&self) -> &[String] {
        &self.doors
    }

    /// The line in Redis.
    #[must_use]
    pub const fn line(&self) -> &Line {
        &self.line
    }

    /// Runs `booking audit`.
    ///
    /// # Errors
    /// When it finds something, with what it says.
    pub async fn audit(&self) -> anyhow::Result<()> {
        self.booking.run(&["audit"], &self.settings, None).await
    }

    /// What the database says.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn books(&self) -> anyhow::Result<Books> {
        books::read(self.settings.database_url()).await
    }

    /// Ends a run that went well. Without it the ends of all logs are shown.
    pub fn done(mut self) {
        self.is_done = true;
    }

    /// A value's end cannot wait, so it has a thread with a runtime of its own. What cannot be
    /// removed stays: the servers may be gone.
    fn remove_data(&self) {
        let line = self.line.clone();
        let database = self.settings.database_url().to_owned();
        let removal = thread::spawn(move || -> anyhow::Result<()> {
            line.remove()?;
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(books::drop_database(&database))
        });
        match removal.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("data of the run was left behind: {error:#}"),
            Err(_) => eprintln!("data of the run was left behind"),
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if !self.is_done {
            for server in &self.servers {
                eprintln!("{}", server.last_words());
            }
        }
        self.servers.clear();
        self.remove_data();
    }
}

/// Runs `booking audit` on a database that is not of our making.
///
/// # Errors
/// When it finds something, with what it says, or cannot be run.
pub async fn audit_at(database_url: &str) -> anyhow::Result<()> {
    let settings = Settings::database_alone(database_url);
    Program::find("booking")?
        .run(&["audit"], &settings, None)
        .await
}

/// Asks until it says that it is ready.
pub(crate) async fn await_ready(address: &str) {
    let client = Client::new();
    let ask = Ask {
        method: &http::Method::GET,
        path: "/readyz",
        token: None,
        key: None,
        body: None,
    };
    while !client
        .call(address, ask)
        .await
        .is_ok_and(|answer| answer.status == 200)
    {
        tokio::time::sleep(START_POLL).await;
    }
}
