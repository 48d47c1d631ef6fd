//! `join`: gives fans their places.

use redis::{FromRedisValue, ParsingError, Value};
use shared::ids::{Epoch, QueueName, Ticket, UserId};

use super::{Lane, Store, StoreError, numbers};

/// Who joins, and what a token of theirs proves.
#[derive(Debug, Clone, Copy)]
pub struct Joiner {
    /// The fan.
    pub user: UserId,
    /// Ticket and epoch of a good token, where the fan has one.
    pub proof: Option<(Ticket, Epoch)>,
}

/// What a fan got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// A place in the line; 1 is next.
    Waiting {
        /// The place's number.
        ticket: Ticket,
        /// How many are ahead, plus one.
        position: u64,
    },
    /// A session, claimed by this call.
    Active {
        /// The place's number.
        ticket: Ticket,
        /// When the session ends, in ms on Redis's clock.
        expires_at_ms: u64,
    },
    /// The queue is closed and the fan had no place in it.
    Closed,
}

/// The answer of one `join`.
#[derive(Debug, Clone)]
pub struct Joins {
    /// Redis's time, in ms since the Unix epoch.
    pub now_ms: u64,
    /// The epoch in force.
    pub epoch: Epoch,
    /// Whether more fans could be promoted at once.
    pub more: bool,
    /// How many were promoted by this call.
    pub promoted: u64,
    /// What each fan got, in the order asked.
    pub fans: Vec<Joined>,
}

const HEADER_LENGTH: usize = 4;
const FAN_LENGTH: usize = 4;

impl Store {
    /// Gives each fan a place, and promotes as many as joined.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn join(&self, queue: &QueueName, fans: &[Joiner]) -> Result<Joins, StoreError> {
        let mut call = self.call(&self.scripts.join, queue);
        for fan in fans {
            call.arg(fan.user.get());
            match fan.proof {
                Some((ticket, epoch)) => call.arg(ticket.0).arg(epoch.0),
                None => call.arg("").arg(""),
            };
        }
        self.run(Lane::Request, &call).await
    }
}

impl FromRedisValue for Joins {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let values = Vec::<Value>::from_redis_value(value)?;
        let Some((header, fans)) = values.split_at_checked(HEADER_LENGTH) else {
            return Err("join answered with too few values".into());
        };
        let [now_ms, epoch, more, promoted] = numbers(header)?;
        let fans = fans
            .chunks_exact(FAN_LENGTH)
            .map(joined)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            now_ms,
            epoch: Epoch(epoch),
            more: more == 1,
            promoted,
            fans,
        })
    }
}

fn joined(values: &[Value]) -> Result<Joined, ParsingError> {
    let status = String::from_redis_value_ref(&values[0])?;
    let [ticket, position, expires_at_ms] = numbers(&values[1..])?;
    match status.as_str() {
        "waiting" => Ok(Joined::Waiting {
            ticket: Ticket(ticket),
            position,
        }),
        "active" => Ok(Joined::Active {
            ticket: Ticket(ticket),
            expires_at_ms,
        }),
        "closed" => Ok(Joined::Closed),
        other => Err(format!("join answered with the status {other:?}").into()),
    }
}
