//! A house to be measured: gateways of one revision before an upstream, with a queue of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::system::program::Program;
use crate::system::server::{Doors, Server};
use crate::system::settings::Settings;
use crate::system::{Concert, QUEUE, await_ready};
use crate::witness::line::Line;

/// The built programs of one revision.
#[derive(Debug, Clone)]
pub struct Revision {
    /// Its name in the table.
    pub name: String,
    /// Where its gateway and booking are.
    pub folder: PathBuf,
}

/// Fields of the queue's config.
pub(super) type Config<'a> = &'a [(&'a str, u64)];

/// Everyone waits, and nobody is ever let in.
pub(super) const ALL_WAIT: Config<'static> = &[("max_active", 0)];
/// Everyone is let in at once, for a day.
pub(super) const ALL_IN: Config<'static> = &[
    ("max_active", 1_000_000),
    ("promote_per_second", 100_000),
    ("session_seconds", 86_400),
];

/// A process that ends with its value, and where it listens.
#[derive(Debug)]
pub(super) struct Running {
    server: Server,
    pub(super) address: String,
    /// Where it tells its metrics, if it is one of ours.
    admin: Option<String>,
}

impl Running {
    pub(super) async fn start(name: &str, command: &mut Command) -> anyhow::Result<Self> {
        let mut server = Server::start(name, command)?;
        let Doors { address, admin } = server.doors().await?;
        await_ready(&address).await;
        Ok(Self {
            server,
            address,
            admin,
        })
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The same, telling the bytes of this file and nothing else.
    pub(super) async fn bare_telling(answer: &Path) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("where this program is")?;
        let mut command = Command::new(own);
        Self::start("bare axum", command.arg("bare").arg(answer)).await
    }

    /// The bare axum, of this very program.
    pub(super) async fn bare() -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("where this program is")?;
        Self::start("bare axum", Command::new(own).arg("bare")).await
    }
}

/// The running house.
#[derive(Debug)]
pub(super) struct House {
    pub(super) name: String,
    pub(super) settings: Settings,
    folder: PathBuf,
    gateways: Vec<Running>,
    booking: Option<Running>,
}

impl House {
    /// Gateways before an upstream that is there already.
    pub(super) async fn before(
        upstream: &Running,
        revision: &Revision,
        gateways: usize,
        config: Config<'_>,
    ) -> anyhow::Result<Self> {
        let mut house = Self::empty(revision)?;
        house
            .open(&revision.folder, &upstream.address, gateways, config)
            .await?;
        Ok(house)
    }

    /// A gateway before a booking that sells this concert.
    pub(super) async fn selling(
        concert: &Concert,
        revision: &Revision,
        config: Config<'_>,
    ) -> anyhow::Result<Self> {
        let mut house = Self::empty(revision)?;
        let booking = Program::in_folder(&revision.folder, "booking")?;
        booking.run(&["migrate"], &house.settings, None).await?;
        let import = ["import", "/dev/stdin"];
        booking
            .run(&import, &house.settings, Some(concert.csv()))
            .await?;
        let mut serve = booking.command(&["serve"], &house.settings);
        let booking = Running::start("booking", &mut serve).await?;
        house
            .open(&revision.folder, &booking.address, 1, config)
            .await?;
        house.booking = Some(booking);
        Ok(house)
    }

    fn empty(revision: &Revision) -> anyhow::Result<Self> {
        let mut settings = Settings::fresh()?;
        // The crowd of a load generator asks more often than any fan may.
        settings.set("POLL_FLOOR_MS", "0".to_owned());
        Ok(Self {
            name: revision.name.clone(),
            settings,
            folder: revision.folder.clone(),
            gateways: Vec::new(),
            booking: None,
        })
    }

    async fn open(
        &mut self,
        folder: &Path,
        upstream: &str,
        gateways: usize,
        config: Config<'_>,
    ) -> anyhow::Result<()> {
        self.settings
            .set("UPSTREAM_URL", format!("http://{upstream}"));
        let gateway = Program::in_folder(folder, "gateway")?;
        gateway
            .run(&["queue", "create", QUEUE], &self.settings, None)
            .await?;
        self.line().configure(config)?;
        for number in 0..gateways {
            let mut serve = gateway.command(&["serve"], &self.settings);
            let gateway = Running::start(&format!("gateway {number}"), &mut serve).await?;
            self.gateways.push(gateway);
        }
        Ok(())
    }

    /// Where its booking listens.
    pub(super) fn booking(&self) -> &str {
        self.booking.as_ref().map_or("", |booking| &booking.address)
    }

    /// A pass for its booking, good for an hour.
    pub(super) async fn pass(&self) -> anyhow::Result<String> {
        let arguments = ["pass", "--user", "1", "--queue", QUEUE];
        let booking = Program::in_folder(&self.folder, "booking")?;
        let pass = booking.command(&arguments, &self.settings);
        let output = tokio::process::Command::from(pass).output().await?;
        let header = String::from_utf8(output.stdout)?;
        let (_, pass) = header.split_once(": ").context("a pass")?;
        Ok(pass.trim().to_owned())
    }

    /// Its processes by name.
    pub(super) fn processes(&self) -> Vec<(&'static str, u32)> {
        let gateways = self
            .gateways
            .iter()
            .map(|gateway| ("gateway", gateway.pid()));
        let booking = self
            .booking
            .iter()
            .map(|booking| ("booking", booking.pid()));
        gateways.chain(booking).collect()
    }

    /// The queue in Redis.
    pub(super) fn line(&self) -> Line {
        Line::new(self.settings.redis_url(), self.settings.key_prefix())
    }

    /// Its one gateway: its process, and where it tells its metrics.
    pub(super) fn gateway(&self) -> (u32, &str) {
        let gateway = &self.gateways[0];
        (gateway.pid(), gateway.admin.as_deref().unwrap_or_default())
    }

    /// Where the gateway of this number listens.
    pub(super) fn door(&self, number: usize) -> &str {
        &self.gateways[number].address
    }
}
