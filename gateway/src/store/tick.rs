//! `tick`: what a gateway's picture lives on.

use std::str::FromStr;

use redis::{FromRedisValue, ParsingError, Value};
use shared::ids::{Epoch, QueueName, Ticket, UserId};

use super::{Lane, Store, StoreError};

/// What happened to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Let in; the session waits to be claimed.
    LetIn,
    /// The session was claimed.
    Claimed,
    /// Waits, again, at this ticket.
    Waits,
    /// Has left this place and may come back to it: called and not there, or moved.
    Left,
    /// Ended: nobody comes back to this ticket.
    Ended,
}

/// One entry of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// To whom.
    pub user: UserId,
    /// At which place.
    pub ticket: Ticket,
    /// When the session ends, in ms on Redis's clock; 0 without one.
    pub expires_at_ms: u64,
}

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let mut parts = text.split(':');
            let kind = match parts.next()? {
                "a" => ChangeKind::LetIn,
                "c" => ChangeKind::Claimed,
                "w" => ChangeKind::Waits,
                "p" => ChangeKind::Left,
                "e" => ChangeKind::Ended,
                _ => return None,
            };
            Some(Self {
                kind,
                user: parts.next()?.parse().ok()?,
                ticket: Ticket(parts.next()?.parse().ok()?),
                expires_at_ms: parts.next()?.parse().ok()?,
            })
        };
        parse().ok_or_else(|| format!("the log has an entry {text:?}"))
    }
}

/// The config as it was last read, field by field; empty where none was ever good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigTexts {
    /// `max_active`, `promote_per_second`, `session_seconds`, `claim_seconds`, `mode`.
    pub fields: Vec<String>,
}

impl ConfigTexts {
    /// `max_active`, where it was ever good; a fraction makes no session.
    #[must_use]
    pub fn max_active(&self) -> Option<u64> {
        self.fields.first()?.split('.').next()?.parse().ok()
    }
}

/// How the line stands, and what has changed since the picture was last told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tick {
    /// Redis's time, in ms since the Unix epoch.
    pub now_ms: u64,
    /// The epoch in force.
    pub epoch: Epoch,
    /// The number of the last change.
    pub seq: u64,
    /// H: the highest ticket ever called.
    pub high: Ticket,
    /// The highest ticket ever given.
    pub counter: Ticket,
    /// The counter when the epoch began.
    pub base: Ticket,
    /// How long nobody is promoted yet, in ms.
    pub hold_ms: u64,
    /// How many wait.
    pub waiting: u64,
    /// How many sessions run.
    pub sessions: u64,
    /// Up to which position a fan counts as near the front.
    pub near: u64,
    /// Whether the picture has to begin anew.
    pub is_resync: bool,
    /// The rate in force, per second.
    pub rate: f64,
    /// The config as last read.
    pub config: ConfigTexts,
    /// The changes, the oldest first.
    pub changes: Vec<Change>,
}

impl Store {
    /// Notes the users who were seen near the front, and tells what has changed since `seq` of
    /// `epoch`.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn tick(
        &self,
        queue: &QueueName,
        (epoch, seq): (Epoch, u64),
        seen: &[UserId],
    ) -> Result<Tick, StoreError> {
        let mut call = self.call(&self.scripts.tick, queue);
        call.arg(epoch.0).arg(seq);
        for user in seen {
            call.arg(user.get());
        }
        self.run(Lane::Background, &call).await
    }
}

const NUMBERS: usize = 11;
const CONFIG_FIELDS: usize = 5;

impl Tick {
    /// Whether one more session has room.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let most = self.config.max_active();
        most.is_none_or(|most| self.sessions < most)
    }
}

impl FromRedisValue for Tick {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let values = Vec::<Value>::from_redis_value(value)?;
        if values.len() <= NUMBERS + CONFIG_FIELDS {
            return Err("tick answered with too few values".into());
        }
        let (numbers, rest) = values.split_at(NUMBERS);
        let [
            now_ms,
            epoch,
            seq,
            high,
            counter,
            base,
            hold_ms,
            waiting,
            sessions,
            near,
            resync,
        ] = super::numbers(numbers)?;
        let texts = rest.iter().map(String::from_redis_value_ref);
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let (config, changes) = texts[1..].split_at(CONFIG_FIELDS);
        let changes = changes.iter().map(|text| text.parse::<Change>());
        Ok(Self {
            now_ms,
            epoch: Epoch(epoch),
            seq,
            high: Ticket(high),
            counter: Ticket(counter),
            base: Ticket(base),
            hold_ms,
            waiting,
            sessions,
            near,
            is_resync: resync == 1,
            rate: texts[0].parse().map_err(|_| "the rate is no number")?,
            config: ConfigTexts {
                fields: config.to_vec(),
            },
            changes: changes.collect::<Result<_, _>>()?,
        })
    }
}
