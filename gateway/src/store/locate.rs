//! `where`: finds a fan's place, and claims a session.

use redis::{FromRedisValue, ParsingError, Value};
use shared::ids::{Epoch, QueueName, Ticket, UserId};

use super::{Lane, Store, StoreError};

/// Where a fan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// In the line; 1 is next.
    Waiting {
        /// How many are ahead, plus one.
        position: u64,
    },
    /// In a session.
    Active {
        /// When it ends, in ms on Redis's clock.
        expires_at_ms: u64,
    },
    /// The ticket's session is over, or its place was left.
    Expired,
    /// Never joined, as far as anyone remembers.
    Absent,
}

/// The answer of `where`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located {
    /// Where the fan is.
    pub found: Found,
    /// The live place's number; the asker's own when it is over.
    pub ticket: Ticket,
    /// The epoch in force.
    pub epoch: Epoch,
    /// Redis's time, in ms since the Unix epoch.
    pub now_ms: u64,
}

impl Store {
    /// Finds a fan's place. With `proof` only the place that this ticket is good for; with `claim`
    /// a session gets its full length, once.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn locate(
        &self,
        queue: &QueueName,
        user: UserId,
        proof: Option<(Ticket, Epoch)>,
        claim: bool,
    ) -> Result<Located, StoreError> {
        let mut call = self.call(&self.scripts.locate, queue);
        call.arg(user.get());
        match proof {
            Some((ticket, epoch)) => call.arg(ticket.0).arg(epoch.0),
            None => call.arg("").arg(""),
        };
        call.arg(u8::from(claim));
        self.run(Lane::Request, &call).await
    }
}

impl FromRedisValue for Located {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        type Answer = (String, u64, u64, u64, u64, u64);
        let (status, ticket, epoch, position, expires_at_ms, now_ms) =
            Answer::from_redis_value(value)?;
        let found = match status.as_str() {
            "waiting" => Found::Waiting { position },
            "active" => Found::Active { expires_at_ms },
            "expired" => Found::Expired,
            "absent" => Found::Absent,
            other => return Err(format!("where answered with the status {other:?}").into()),
        };
        Ok(Self {
            found,
            ticket: Ticket(ticket),
            epoch: Epoch(epoch),
            now_ms,
        })
    }
}
