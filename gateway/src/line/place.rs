//! A fan's place in the line, as the line tells it.

use std::time::Duration;

use shared::ids::{Epoch, QueueName, Ticket, UserId};
use shared::token::QueueToken;

use super::estimate::Estimate;
use super::pace;

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
    /// Whether this is what was known before Redis went away.
    pub is_stale: bool,
}

/// What lies ahead of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlook {
    /// How long it will take; `None` while that is not known.
    pub estimate: Option<Estimate>,
    /// When to ask again.
    pub poll_after: Duration,
}

impl Outlook {
    /// Nothing is known of the line.
    #[must_use]
    pub(super) fn unknown() -> Self {
        Self {
            estimate: None,
            poll_after: pace::poll_after(0, None),
        }
    }
}

impl Place {
    /// The same place for a client that has been shown this number already, by another gateway
    /// perhaps: the number never rises.
    #[must_use]
    pub fn not_above(mut self, seen: Option<u64>) -> Self {
        if let (Standing::Waiting { position }, Some(seen)) = (&mut self.standing, seen) {
            *position = seen.clamp(1, (*position).max(1));
        }
        self
    }

    /// Whether this token says of the place what it is now.
    #[must_use]
    pub fn is_proved_by(&self, token: &QueueToken) -> bool {
        (self.user, self.ticket, self.epoch) == (token.user, token.ticket, token.epoch)
            && self.queue == token.queue
    }

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
