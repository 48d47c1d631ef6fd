//! `promote`: lets the next fans in.

use redis::{FromRedisValue, ParsingError, Value};
use shared::ids::QueueName;

use super::{Lane, Store, StoreError};

/// A config value that could not be used; the last good one stays in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadValue {
    /// The field of the config hash.
    pub field: String,
    /// What stands there; empty when it is missing.
    pub value: String,
}

/// What one step of the scheduler did, and how the line stands after it.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion {
    /// How many were let in.
    pub promoted: u64,
    /// Whether another step at once would let in or purge more.
    pub more: bool,
    /// How many wait.
    pub waiting: u64,
    /// How many sessions run.
    pub sessions: u64,
    /// How long nobody is promoted yet, in ms; 0 without a hold.
    pub hold_ms: u64,
    /// The cap in force.
    pub max_active: u64,
    /// The rate in force, per second.
    pub rate: f64,
    /// The mode in force.
    pub mode: String,
    /// What in the config could not be used.
    pub bad: Vec<BadValue>,
}

impl Store {
    /// One step of the scheduler.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn promote(&self, queue: &QueueName, batch: u64) -> Result<Promotion, StoreError> {
        let mut call = self.call(&self.scripts.promote, queue);
        call.arg(batch);
        self.run(Lane::Background, &call).await
    }
}

const FIGURES: usize = 8;

impl FromRedisValue for Promotion {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        type Figures = (u64, u64, u64, u64, u64, u64, f64, String);
        let mut values = Vec::<Value>::from_redis_value(value)?;
        if values.len() < FIGURES {
            return Err("promote answered with too few values".into());
        }
        let bad = Vec::<String>::from_redis_value(Value::Array(values.split_off(FIGURES)))?;
        let figures = Figures::from_redis_value(Value::Array(values))?;
        let (promoted, has_more, waiting, sessions, hold_ms, max_active, rate, mode) = figures;
        let bad = bad.chunks_exact(2).map(|pair| BadValue {
            field: pair[0].clone(),
            value: pair[1].clone(),
        });
        Ok(Self {
            promoted,
            more: has_more == 1,
            waiting,
            sessions,
            hold_ms,
            max_active,
            rate,
            mode,
            bad: bad.collect(),
        })
    }
}
