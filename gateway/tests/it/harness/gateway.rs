//! A whole gateway in this process: its real settings, listeners, scheduler and way down.

use std::ops::Deref;

use gateway::app::{App, RotatingKeys};
use gateway::settings::Settings;
use serde_json::{Value, json};
use shared::lifecycle::Shutdown;
use shared::settings::Environment;
use tokio::task::JoinHandle;

use super::{Answer, Client, PASS_KEYS, Sandbox, TOKEN_KEYS, Upstream, eventually, opened, within};

/// A created queue with this config, a house, and a gateway with these settings before it.
pub(crate) async fn house(
    config: &[(&str, &str)],
    settings: &[(&str, &str)],
) -> (Sandbox, Upstream, Gateway) {
    let (redis, _) = opened(config).await;
    let upstream = Upstream::start().await;
    let gateway = Gateway::start_with(&redis, upstream.url(), settings);
    (redis, upstream, gateway)
}

pub(crate) struct Gateway {
    client: Client,
    admin: Client,
    keys: RotatingKeys,
    shutdown: Shutdown,
    running: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Gateway {
    /// A gateway in this sandbox, before this upstream.
    pub(crate) fn start(redis: &Sandbox, upstream: &str) -> Self {
        Self::start_with(redis, upstream, &[])
    }

    /// The same with other settings on top.
    pub(crate) fn start_with(redis: &Sandbox, upstream: &str, more: &[(&str, &str)]) -> Self {
        let mut env = Environment::default()
            .with("IDENTITY", "trusted")
            .with("GATEWAY_LISTEN", "127.0.0.1:0")
            .with("GATEWAY_ADMIN_LISTEN", "127.0.0.1:0")
            .with("REDIS_URL", redis.url())
            .with("REDIS_KEY_PREFIX", redis.prefix())
            .with("TOKEN_KEYS", TOKEN_KEYS)
            .with("PASS_KEYS", PASS_KEYS)
            .with("POLL_FLOOR_MS", "0")
            .with("UPSTREAM_URL", upstream);
        for (variable, value) in more {
            env = env.with(variable, *value);
        }
        let app = App::build(Settings::from_env(&env).expect("good settings")).expect("built");
        Self {
            client: Client::of(app.address().expect("bound")),
            admin: Client::of(app.admin_address().expect("bound")),
            keys: app.keys(),
            shutdown: app.shutdown(),
            running: Some(tokio::spawn(app.run())),
        }
    }

    /// What only operators reach.
    pub(crate) const fn admin(&self) -> &Client {
        &self.admin
    }

    pub(crate) const fn keys(&self) -> &RotatingKeys {
        &self.keys
    }

    pub(crate) const fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// `POST /api/issue`, as a fan without a token.
    pub(crate) async fn issue(&self, user: u64) -> Value {
        let call = self.post("/api/issue").json(&json!({ "userId": user }));
        call.send().await.ok()
    }

    /// A token that is active at once; there has to be room.
    pub(crate) async fn admitted(&self, user: u64) -> String {
        let place = self.issue(user).await;
        assert_eq!(place["status"], "activate", "{place}");
        text(&place, "token")
    }

    /// `GET /api/status/{userId}` with the token.
    pub(crate) async fn status(&self, user: u64, token: &str) -> Answer {
        self.get(&format!("/api/status/{user}"))
            .token(token)
            .send()
            .await
    }

    /// Waits until this gateway has heard of what was done to the place behind its back.
    pub(crate) async fn heard(&self, user: u64, token: &str, status: &str) {
        let has_heard = || async {
            let place = self.status(user, token).await.ok();
            (place["status"] == status).then_some(())
        };
        eventually("the gateway has heard of it", has_heard).await;
    }

    /// Waits until the gateway has stopped by itself.
    pub(crate) async fn stopped(&mut self) -> anyhow::Result<()> {
        let running = self.running.take().expect("it was running");
        within("the gateway stops", running)
            .await
            .expect("it does not panic")
    }
}

/// A text in an answer.
pub(crate) fn text(answer: &Value, member: &str) -> String {
    answer[member]
        .as_str()
        .unwrap_or_else(|| panic!("{member} in {answer}"))
        .to_owned()
}

impl Deref for Gateway {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shutdown.begin();
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}
