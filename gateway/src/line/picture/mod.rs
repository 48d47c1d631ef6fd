//! The picture: what one gateway knows of a queue without asking Redis.
//!
//! It is brought up to date four times a second by one call ([`crate::refresher`]). Between two
//! ticks it answers polls of waiting fans and requests of active ones for nothing. What it does not
//! know for certain it does not answer: then Redis is asked.

mod ends;
mod places;
mod view;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use shared::ids::{Epoch, Ticket, UserId};
use shared::token::QueueToken;

use super::Standing;
use crate::store::{ChangeKind, Memory, Session, Snapshot, Tick};

use ends::Ends;
pub(crate) use view::Sight;
use view::View;

/// How often Redis is asked about a place that may have changed since the last tick.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What was learned of single fans since the last tick, beside the view.
#[derive(Default)]
struct Notes {
    /// Positions told to fans who joined since the last tick: the number must not rise.
    told: HashMap<Ticket, u64>,
    asked: HashMap<UserId, Instant>,
}

/// One queue as this gateway knows it; empty until the first tick.
#[derive(Default)]
pub(crate) struct Picture {
    view: RwLock<Option<View>>,
    ends: RwLock<Ends>,
    notes: Mutex<Notes>,
}

/// A sight, and whether the picture it comes from is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glance {
    pub(crate) sight: Sight,
    pub(crate) is_stale: bool,
}

impl Picture {
    /// The place that this token is good for; `None` when Redis has to be asked.
    pub(crate) fn glance(&self, token: &QueueToken) -> Option<Glance> {
        let view = self.view();
        let view = view.as_ref()?;
        let is_stale = view.is_stale();
        if self.has_ended(token.user, token.ticket) {
            let sight = Sight::over(token.ticket);
            return Some(Glance { sight, is_stale });
        }
        let mut sight = view.sight(token)?;
        if let Standing::Waiting { position } = &mut sight.standing
            && token.ticket > view.tick.counter
        {
            let told = self.notes().told.get(&token.ticket).copied();
            *position = told.map_or(*position, |told| told.min(*position));
        }
        Some(Glance { sight, is_stale })
    }

    fn has_ended(&self, user: UserId, ticket: Ticket) -> bool {
        let ends = self.ends.read().unwrap_or_else(PoisonError::into_inner);
        ends.cover(user, ticket)
    }

    /// Whether the mode in force, the last field of the config, is this one.
    pub(crate) fn mode_is(&self, mode: &str) -> bool {
        let view = self.view();
        let fields = view.as_ref().map(|view| &view.tick.config.fields);
        fields.is_some_and(|fields| fields.last().is_some_and(|own| own == mode))
    }

    /// Whether it is time to ask Redis about a place that may have changed; it counts as asked.
    pub(crate) fn is_time_to_ask(&self, user: UserId) -> bool {
        let now = Instant::now();
        let mut notes = self.notes();
        let asked = notes.asked.get(&user);
        if asked.is_some_and(|at| now - *at < ASK_AGAIN_AFTER) {
            return false;
        }
        notes.asked.insert(user, now);
        true
    }

    /// What Redis has said of a place. Answers the position that the fan is told: where places are
    /// known that Redis has forgotten, it is the picture's.
    pub(crate) fn learn(&self, user: UserId, ticket: Ticket, standing: Standing) -> Standing {
        match standing {
            Standing::Waiting { position } => Standing::Waiting {
                position: self.learn_position(ticket, position),
            },
            Standing::Active { expires_at_ms, .. } => {
                self.learn_session(user, ticket, expires_at_ms);
                standing
            }
            Standing::Over => {
                // What is over stays over: no later view may bring it back.
                self.ends_mut().add(user, ticket);
                standing
            }
        }
    }

    fn learn_position(&self, ticket: Ticket, position: u64) -> u64 {
        let view = self.view();
        let Some(view) = view.as_ref().filter(|view| !view.is_stale()) else {
            return position;
        };
        if ticket > view.tick.counter {
            self.notes().told.insert(ticket, position);
            return position;
        }
        view.position(ticket)
            .map_or(position, |known| known.max(position))
    }

    /// The session may have ended while the answer was on its way.
    fn learn_session(&self, user: UserId, ticket: Ticket, expires_at_ms: u64) {
        let mut view = self.view_mut();
        let Some(view) = view.as_mut().filter(|_| !self.has_ended(user, ticket)) else {
            return;
        };
        let session = Session {
            ticket,
            expires_at_ms,
            is_claimed: true,
        };
        view.claimed(user, session);
    }

    /// The ticket has ended here, before Redis and the other gateways know it.
    pub(crate) fn end(&self, user: UserId, ticket: Ticket) {
        self.ends_mut().add(user, ticket);
        if let Some(view) = self.view_mut().as_mut() {
            view.end(user, ticket);
        }
    }

    /// Epoch and number of the last change known; zeros before the first tick.
    pub(crate) fn version(&self) -> (Epoch, u64) {
        let view = self.view();
        let tick = view.as_ref().map(|view| &view.tick);
        tick.map_or((Epoch(0), 0), |tick| (tick.epoch, tick.seq))
    }

    /// Up to which position a fan counts as near the front; 0 before the first tick.
    pub(crate) fn near(&self) -> u64 {
        self.view().as_ref().map_or(0, |view| view.tick.near)
    }

    /// The rate in force, per second.
    pub(crate) fn rate(&self) -> Option<f64> {
        self.view().as_ref().map(|view| view.tick.rate)
    }

    /// What was known before the epoch of this tick, to be given back to Redis.
    pub(crate) fn memory_before(&self, epoch: Epoch) -> Option<Memory> {
        let view = self.view();
        let lost = view.as_ref().filter(|view| view.tick.epoch != epoch)?;
        let ends = self.ends.read().unwrap_or_else(PoisonError::into_inner);
        Some(lost.memory(&ends))
    }

    /// Begins anew from a snapshot that was taken between two ticks.
    pub(crate) fn begin(&self, snapshot: Snapshot, before: &Tick, after: Tick, sent: Instant) {
        let mut anew = View::begin(snapshot, before, sent, self.view().as_ref());
        self.note_ends(&after);
        anew.apply(after, sent);
        *self.view_mut() = Some(anew);
    }

    /// Brings the picture up to date; answers how many places ahead were called or given up, or
    /// `None` when it has to begin anew.
    pub(crate) fn apply(&self, tick: Tick, sent: Instant) -> Option<u64> {
        let counter = tick.counter;
        self.note_ends(&tick);
        let served = {
            let mut view = self.view_mut();
            view.as_mut()?.apply(tick, sent)
        };
        let mut notes = self.notes();
        notes.told.retain(|ticket, _| *ticket > counter);
        notes.asked.retain(|_, at| at.elapsed() < ASK_AGAIN_AFTER);
        served
    }

    fn note_ends(&self, tick: &Tick) {
        let mut ends = self.ends_mut();
        let ended = tick.changes.iter();
        for change in ended.filter(|change| change.kind == ChangeKind::Ended) {
            ends.add(change.user, change.ticket);
        }
    }

    // What a panicking writer left is as good as any older view: the next tick mends it.
    fn view(&self) -> RwLockReadGuard<'_, Option<View>> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn view_mut(&self) -> RwLockWriteGuard<'_, Option<View>> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends_mut(&self) -> RwLockWriteGuard<'_, Ends> {
        self.ends.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
