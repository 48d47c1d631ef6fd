//! One queue, as this gateway serves it: the picture, and what is gathered around it.

use std::time::Instant;

use shared::ids::{QueueName, UserId};

use super::ends::Ends;
use super::estimate::Estimator;
use super::joins::Joining;
use super::pace;
use super::picture::Picture;
use super::place::{Outlook, Place, Standing};
use super::presence::Presence;
use super::streams::Streams;
use super::turns::Turns;
use crate::store::{Change, ChangeKind};

/// One queue of a line.
pub(crate) struct Queue {
    pub(crate) name: QueueName,
    pub(crate) picture: Picture,
    pub(crate) presence: Presence,
    pub(crate) estimator: Estimator,
    pub(crate) joins: Joining,
    pub(crate) ends: Ends,
    pub(crate) turns: Turns,
    pub(crate) streams: Streams,
}

impl Queue {
    pub(crate) fn new(name: QueueName) -> Self {
        Self {
            name,
            picture: Picture::default(),
            presence: Presence::default(),
            estimator: Estimator::default(),
            joins: Joining::default(),
            ends: Ends::default(),
            turns: Turns::default(),
            streams: Streams::default(),
        }
    }

    /// Notes that a fan near the front is there.
    pub(crate) fn note_presence(&self, user: UserId, standing: Standing) {
        let position = standing.position();
        if position > 0 && position <= self.picture.near() {
            self.presence.note(user);
        }
    }

    /// What lies ahead of a place: how long it will take, and when to ask again.
    pub(crate) fn outlook(&self, place: &Place) -> Outlook {
        let position = place.standing.position();
        let estimate = match place.standing {
            Standing::Waiting { .. } if !place.is_stale => {
                self.estimator.tell(place.ticket, position, Instant::now())
            }
            _ => None,
        };
        Outlook {
            estimate,
            poll_after: pace::poll_after(position, self.picture.rate()),
        }
    }

    /// Follows the changes of one tick beside the picture.
    pub(crate) fn follow(&self, changes: &[Change], now: Instant) {
        for change in changes {
            match change.kind {
                ChangeKind::LetIn => self.estimator.let_in(change.ticket, now),
                ChangeKind::Left | ChangeKind::Ended => self.estimator.gone(change.ticket),
                ChangeKind::Claimed | ChangeKind::Waits => {}
            }
        }
        self.streams.wake(changes);
    }
}
