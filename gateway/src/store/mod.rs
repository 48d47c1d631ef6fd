//! The line's only door to Redis: one connection for requests, a small pool for work at a low rate,
//! and one function for each script.
//!
//! Time is Redis's own: every script reads it itself, so that gateways whose clocks differ agree.

mod connection;
mod create;
mod end;
mod join;
mod keys;
mod locate;
mod promote;
mod purge;
mod recover;
#[cfg(feature = "sabotage")]
mod sabotage;
mod script;
mod snapshot;
mod tick;

use std::sync::Arc;
use std::time::Duration;

use redis::{FromRedisValue, ParsingError, ScriptInvocation, Value};
use shared::ids::QueueName;

pub use connection::ConnectError;
pub use end::Leaver;
pub use join::{Joined, Joiner, Joins};
pub use keys::Keys;
pub use locate::{Found, Located};
pub use promote::{BadValue, Promotion};
pub use recover::{Memory, Recovered};
pub use snapshot::{Session, Snapshot};
pub use tick::{Change, ChangeKind, ConfigTexts, Tick};

use connection::Connections;
use script::Scripts;

/// Redis could not be asked, or did not answer in time. A script that timed out may have run, which
/// is why all of them judge by state and may be repeated.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the line cannot be reached: {0}")]
pub struct StoreError(Arc<redis::RedisError>);

impl From<redis::RedisError> for StoreError {
    fn from(error: redis::RedisError) -> Self {
        Self(Arc::new(error))
    }
}

/// What every script has to know of the settings.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// How long nobody is promoted after a loss.
    pub hold: Duration,
    /// How long a queue token is good; spent tickets are remembered as long.
    pub token: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            hold: Duration::from_secs(15),
            token: Duration::from_hours(24),
        }
    }
}

/// Runs the scripts of the line. Clones share the connections.
#[derive(Clone)]
pub struct Store {
    connections: Connections,
    scripts: Arc<Scripts>,
    keys: Keys,
    lifetimes: Lifetimes,
}

/// Who asks: a fan's request, or work at a low rate that must not stand in its way.
#[derive(Clone, Copy)]
enum Lane {
    Request,
    Background,
}

impl Store {
    /// A store on this Redis. It connects when it is first asked, and again whenever it has to.
    ///
    /// # Errors
    /// [`ConnectError`] when the URL cannot be used.
    pub fn new(url: &str, keys: Keys, lifetimes: Lifetimes) -> Result<Self, ConnectError> {
        let connections = Connections::open(url)?;
        Ok(Self {
            connections,
            scripts: Arc::new(Scripts::new()),
            keys,
            lifetimes,
        })
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.connections.for_requests();
        redis::cmd("PING")
            .query_async::<()>(&mut connection)
            .await?;
        Ok(())
    }

    fn call<'a>(&self, script: &'a redis::Script, queue: &QueueName) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for key in self.keys.of(queue) {
            call.key(key);
        }
        call.arg(millis(self.lifetimes.hold))
            .arg(millis(self.lifetimes.token));
        call
    }

    async fn run<T: FromRedisValue>(
        &self,
        lane: Lane,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        match lane {
            Lane::Request => Ok(call
                .invoke_async(&mut self.connections.for_requests())
                .await?),
            Lane::Background => {
                let mut connection = self.connections.for_background().await?;
                Ok(call.invoke_async(&mut connection).await?)
            }
        }
    }
}

fn numbers<const N: usize>(values: &[Value]) -> Result<[u64; N], ParsingError> {
    let mut numbers = [0; N];
    for (number, value) in numbers.iter_mut().zip(values) {
        *number = u64::from_redis_value_ref(value)?;
    }
    Ok(numbers)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
