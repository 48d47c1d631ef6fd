//! A fan's place in the line, as the line tells it.

use shared::ids::{Epoch, QueueName, Ticket, UserId};
use shared::token::QueueToken;

/// How a place stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the line; 1 is next.
    Waiting {
        /// How many are ahead, plus one.
        position: u64,
    },
    /// The session runs.
    Active {
        /// When it ends, in ms since the Unix epoch on Redis's clock.
        expires_at_ms: u64,
        /// How long it still runs, in ms: a fan's clock is not trusted.
        expires_in_ms: u64,
    },
    /// The session is over, or the place was left.
    Over,
}

impl Standing {
    /// A session that ends at this time, seen now.
    #[must_use]
    pub const fn active(expires_at_ms: u64, now_ms: u64) -> Self {
        Self::Active {
            expires_at_ms,
            expires_in_ms: expires_at_ms.saturating_sub(now_ms),
        }
    }

    /// The position; 0 when not waiting.
    #[must_use]
    pub const fn position(&self) -> u64 {
        match self {
            Self::Waiting { position } => *position,
            Self::Active { .. } | Self::Over => 0,
        }
    }
}

/// A fan's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub user: UserId,
    /// In which queue.
    pub queue: QueueName,
    /// Its number.
    pub ticket: Ticket,
    /// The epoch of the line in which it was told.
    pub epoch: Epoch,
    /// How it stands.
    pub standing: Standing,
}

impl Place {
    /// The token that proves this place.
    #[must_use]
    pub fn token(&self) -> QueueToken {
        QueueToken {
            user: self.user,
            queue: self.queue.clone(),
            ticket: self.ticket,
            epoch: self.epoch,
        }
    }
}
