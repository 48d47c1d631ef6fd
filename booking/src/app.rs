//! The service as a whole: build binds, run serves.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use shared::keyring::SharedKeyring;
use shared::lifecycle::{self, Shutdown};
use shared::pass::PassSigner;
use shared::serve::serve;
use tokio_util::task::TaskTracker;

use crate::actions::Office;
use crate::settings::{Charge, Settings};
use crate::turns::Turns;
use crate::{layers, router, sweeper};

/// How long the pool may take to say goodbye to the database, once all work is done.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// What every endpoint works with.
#[derive(Debug)]
pub struct Booking {
    /// The actions' state.
    pub office: Arc<Office>,
    /// Makes the codes of tickets.
    pub tickets: SharedKeyring,
    /// Who has calls running.
    pub turns: Turns,
    /// Work that runs to its end although its caller has gone.
    pub tasks: TaskTracker,
    /// Whether fans may charge their own balance.
    pub charge: Charge,
}

/// A service that listens and does not answer yet.
#[derive(Debug)]
pub struct App {
    settings: Settings,
    listener: TcpListener,
    admin_listener: TcpListener,
    office: Arc<Office>,
}

impl App {
    /// Binds both listeners. The database need not be there yet. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be bound; the text names it.
    pub fn build(settings: Settings) -> anyhow::Result<Self> {
        let listener = lifecycle::bind(settings.listen)?;
        let admin_listener = lifecycle::bind(settings.admin_listen)?;
        let office = Arc::new(Office::new(&settings));
        Ok(Self {
            settings,
            listener,
            admin_listener,
            office,
        })
    }

    /// Where the API answers: the port that was given when 0 was asked for.
    ///
    /// # Errors
    /// When the listener is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where metrics answer.
    ///
    /// # Errors
    /// When the listener is gone.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.admin_listener.local_addr()
    }

    /// What the actions work with, so that tests can call them without HTTP.
    #[must_use]
    pub fn office(&self) -> Arc<Office> {
        Arc::clone(&self.office)
    }

    /// Serves until stopping begins, then lets everything that has begun come to its end.
    ///
    /// # Errors
    /// When a listener breaks.
    pub async fn run(self, shutdown: Shutdown) -> anyhow::Result<()> {
        let pass = &self.settings.pass;
        let signer = PassSigner::new(pass.keys.clone(), &pass.audience);
        let booking = Arc::new(Booking {
            office: Arc::clone(&self.office),
            tickets: self.settings.tickets.clone(),
            turns: Turns::default(),
            tasks: shutdown.tasks().clone(),
            charge: self.settings.charge,
        });
        if let Some(every) = self.settings.sweep_every {
            let sweeper = sweeper::run(Arc::clone(&self.office), every, shutdown.clone());
            shutdown.tasks().spawn(sweeper);
        }
        let api = layers::wrap(
            router::router(&booking),
            router::without_a_pass(&booking),
            signer,
        );
        let api = serve(self.listener, api, shutdown.clone());
        let admin = router::admin_router(&booking);
        let admin = serve(self.admin_listener, admin, shutdown.clone());
        let served = tokio::try_join!(api, admin);
        shutdown.begin();
        shutdown.drain().await;
        let closing = self.office.database.close();
        if tokio::time::timeout(CLOSE_TIMEOUT, closing).await.is_err() {
            tracing::warn!("connections were still in use at the end");
        }
        served?;
        Ok(())
    }
}
