//! Puts the gateway together: `build` binds, `run` serves until told to stop.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use http::HeaderValue;
use serde_json::Value;
use shared::keyring::SharedKeyring;
use shared::lifecycle::{self, Shutdown};
use shared::pass::PassSigner;
use shared::serve::serve;
use shared::token::TokenSigner;
use shared::workers::Workers;

use crate::gate::Rules;
use crate::identity::Identity;
use crate::line::{Floor, Line};
use crate::pages::{Pages, Stock};
use crate::proxy::Proxy;
use crate::scheduler::Scheduler;
use crate::settings::Settings;
use crate::store::{Keys, Lifetimes, Store};
use crate::{layers, refresher, router};

/// What the handlers of one thread work with.
#[derive(Clone)]
pub struct Services {
    /// The line's rules.
    pub line: Line,
    /// How often a fan may poll.
    pub(crate) floor: Arc<Floor>,
    /// How a fan proves who it is.
    pub(crate) identity: Identity,
    /// Who may pass.
    pub rules: Arc<Rules>,
    /// The way to the upstream.
    pub proxy: Proxy,
    /// What fans see.
    pub(crate) pages: Arc<Pages>,
    /// The way down.
    pub shutdown: Shutdown,
}

impl Services {
    /// The same for another thread, with connections of its own.
    fn for_another_thread(&self) -> Self {
        Self {
            proxy: self.proxy.for_another_thread(),
            ..self.clone()
        }
    }
}

/// The keys that SIGHUP puts in force anew.
#[derive(Debug, Clone)]
pub struct RotatingKeys {
    /// Signs queue tokens.
    pub tokens: SharedKeyring,
    /// Signs passes.
    pub passes: SharedKeyring,
}

/// A gateway that is bound and not yet serving.
pub struct App {
    listener: TcpListener,
    admin_listener: TcpListener,
    services: Services,
    api_docs: Option<Value>,
    cors_origins: Vec<HeaderValue>,
    scheduler: Scheduler,
    stock: Stock,
    shutdown: Shutdown,
    keys: RotatingKeys,
}

impl App {
    /// Binds both listeners and puts the parts together. Redis is first asked when it is needed.
    ///
    /// # Errors
    /// When an address is taken or the Redis URL cannot be used.
    pub fn build(settings: Settings) -> anyhow::Result<Self> {
        let listener = lifecycle::bind(settings.listen)?;
        let admin_listener = lifecycle::bind(settings.admin_listen)?;
        let shutdown = Shutdown::new(settings.grace);
        let keys = RotatingKeys {
            tokens: SharedKeyring::new(settings.token_keys),
            passes: SharedKeyring::new(settings.pass_keys),
        };
        let signer = TokenSigner::new(keys.tokens.clone(), settings.token_lifetime.as_secs());
        let lifetimes = Lifetimes {
            hold: settings.hold,
            token: settings.token_lifetime,
        };
        let names = Keys::with_prefix(&settings.key_prefix);
        let line = Line::new(
            Store::new(&settings.redis_url, names, lifetimes)?,
            signer,
            settings.queues,
        );
        let passes = PassSigner::new(keys.passes.clone(), &settings.audience);
        let pages = Pages::new(settings.pages);
        let stock = pages.stock.clone();
        let services = Services {
            pages: Arc::new(pages),
            line: line.clone(),
            floor: Arc::new(Floor::new(settings.poll_floor)),
            identity: settings.identity,
            rules: Arc::new(settings.rules),
            proxy: Proxy::new(settings.upstream, passes),
            shutdown: shutdown.clone(),
        };
        Ok(Self {
            listener,
            admin_listener,
            services,
            api_docs: settings.api_docs,
            cors_origins: settings.cors_origins,
            scheduler: Scheduler::new(line),
            stock,
            shutdown,
            keys,
        })
    }

    /// The address that fans reach, with the port that was given when 0 was asked.
    ///
    /// # Errors
    /// When the listener has broken.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The address of the admin listener.
    ///
    /// # Errors
    /// When the listener has broken.
    pub fn admin_address(&self) -> std::io::Result<SocketAddr> {
        self.admin_listener.local_addr()
    }

    /// The way down, for whoever stops this gateway.
    #[must_use]
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// The keys in force.
    #[must_use]
    pub fn keys(&self) -> RotatingKeys {
        self.keys.clone()
    }

    /// Serves until stopping begins, then finishes what was begun.
    ///
    /// # Errors
    /// When a listener or the scheduler breaks.
    pub async fn run(self) -> anyhow::Result<()> {
        let workers = Workers::start()?;
        let ticking = tokio::spawn(self.scheduler.run(self.shutdown.clone()));
        let line = self.services.line.clone();
        let refreshing = tokio::spawn(refresher::run(line, self.shutdown.clone()));
        let asking = tokio::spawn(self.stock.follow(self.shutdown.clone()));
        let layers = || {
            let services = self.services.for_another_thread();
            let line = services.line.clone();
            let routes = router::routes(Arc::new(services), self.api_docs.clone());
            layers::wrap(routes, line, self.cors_origins.clone())
        };
        let public = workers.serve(self.listener, layers, self.shutdown.clone());
        let admin = shared::admin::router();
        let admin = serve(self.admin_listener, admin, self.shutdown.clone());
        let served = tokio::try_join!(public, admin);
        self.shutdown.begin();
        self.shutdown.drain().await;
        ticking.await??;
        refreshing.await?;
        asking.await?;
        served?;
        Ok(())
    }
}
