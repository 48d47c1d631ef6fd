//! `recover`: gives back to Redis what a picture knew before a loss.

use shared::ids::{Epoch, QueueName, Ticket, UserId};

use super::{ConfigTexts, Lane, Store, StoreError};

/// One call gives back at most as many fans, so that it does not hold Redis up for long.
const BATCH: usize = 500;

/// What is known of a fan: a session with the time it has left, or the end of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// The fan.
    pub user: UserId,
    /// The place's number.
    pub ticket: Ticket,
    /// How long the session has left, in ms; 0 when the ticket has ended.
    pub left_ms: u64,
    /// Whether the fan had come.
    pub is_claimed: bool,
}

/// What a picture knew when Redis was lost.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// H.
    pub high: Ticket,
    /// The highest ticket given.
    pub counter: Ticket,
    /// The config as last read.
    pub config: ConfigTexts,
    /// Sessions and ends.
    pub fans: Vec<Recovered>,
}

impl Store {
    /// Gives back what was known, while the hold of `epoch` lasts; returns how many sessions run
    /// again by this.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked; repeating it does no harm.
    pub async fn recover(
        &self,
        queue: &QueueName,
        epoch: Epoch,
        memory: &Memory,
    ) -> Result<u64, StoreError> {
        let mut resumed = 0;
        // Also without a fan there is the config to give back.
        let batches = memory.fans.chunks(BATCH);
        let none: &[Recovered] = &[];
        for fans in batches.chain(memory.fans.is_empty().then_some(none)) {
            let mut call = self.call(&self.scripts.recover, queue);
            call.arg(epoch.0).arg(memory.high.0).arg(memory.counter.0);
            for text in &memory.config.fields {
                call.arg(text);
            }
            for fan in fans {
                call.arg(fan.user.get()).arg(fan.ticket.0);
                call.arg(fan.left_ms).arg(u8::from(fan.is_claimed));
            }
            let answer: i64 = self.run(Lane::Background, &call).await?;
            resumed += u64::try_from(answer).unwrap_or_default();
        }
        Ok(resumed)
    }
}
