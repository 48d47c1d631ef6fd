//! A concert: what is played, where, and which queue sells it.

use chrono_tz::Tz;
use shared::ids::{ConcertId, QueueName};

use crate::refusal::Refusal;

/// A concert, with all its dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concert {
    /// Its id.
    pub id: ConcertId,
    /// What is played.
    pub title: String,
    /// Where.
    pub venue: String,
    /// The zone of the venue: a date is a calendar date there.
    pub zone: Tz,
    /// The queue that sells it.
    pub queue: String,
}

impl Concert {
    /// Whether who was let in by this queue may see its seats.
    ///
    /// # Errors
    /// [`Refusal::WrongQueue`] when another queue sells it.
    pub fn check_queue(&self, queue: &QueueName) -> Result<(), Refusal> {
        if self.queue == queue.as_str() {
            Ok(())
        } else {
            Err(Refusal::WrongQueue)
        }
    }
}
