//! The picture: what one gateway knows of a queue without asking Redis.
//!
//! It is brought up to date four times a second by one call ([`crate::refresher`]). Between two
//! ticks it answers polls of waiting fans and requests of active ones for nothing. What it does not
//! know for certain it does not answer: then Redis is asked.

mod ends;
mod places;
mod pulse;
mod view;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use shared::ids::{Epoch, Ticket, UserId};
use shared::token::QueueToken;

use super::Standing;
use crate::store::{ChangeKind, Memory, Session, Snapshot, Tick};

use ends::Ends;
use pulse::Pulse;
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

/// The view, `None` until the first tick, and what has ended since whatever it says.
#[derive(Default)]
struct Known {
    view: Option<View>,
    ends: Ends,
}

/// One queue as this gateway knows it; empty until the first tick.
#[derive(Default)]
pub(crate) struct Picture {
    known: RwLock<Known>,
    notes: Mutex<Notes>,
    pulse: Pulse,
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
        let known = self.known();
        let view = known.view.as_ref()?;
        let is_stale = view.is_stale();
        if known.ends.cover(token.user, token.ticket) {
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

    /// Whether the mode in force, the last field of the config, is this one.
    pub(crate) fn mode_is(&self, mode: &str) -> bool {
        let known = self.known();
        let fields = known.view.as_ref().map(|view| &view.tick.config.fields);
        fields.is_some_and(|fields| fields.last().is_some_and(|own| own == mode))
    }

    /// Whether fans waited at the last tick, and no session more had room.
    pub(crate) fn is_full(&self) -> bool {
        let known = self.known();
        let tick = known.view.as_ref().map(|view| &view.tick);
        tick.is_some_and(|tick| tick.waiting > 0 && !tick.has_room())
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
                self.known_mut().ends.add(user, ticket);
                standing
            }
        }
    }

    fn learn_position(&self, ticket: Ticket, position: u64) -> u64 {
        let known = self.known();
        let Some(view) = known.view.as_ref().filter(|view| !view.is_stale()) else {
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
        let mut known = self.known_mut();
        let Known { view, ends } = &mut *known;
        let Some(view) = view.as_mut().filter(|_| !ends.cover(user, ticket)) else {
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
        let mut known = self.known_mut();
        known.ends.add(user, ticket);
        if let Some(view) = &mut known.view {
            view.end(user, ticket);
        }
    }

    /// Epoch and number of the last change known; zeros before the first tick.
    pub(crate) fn version(&self) -> (Epoch, u64) {
        let known = self.known();
        let tick = known.view.as_ref().map(|view| &view.tick);
        tick.map_or((Epoch(0), 0), |tick| (tick.epoch, tick.seq))
    }

    /// Up to which position a fan counts as near the front; 0 before the first tick.
    pub(crate) fn near(&self) -> u64 {
        self.pulse.near()
    }

    /// The rate in force, per second.
    pub(crate) fn rate(&self) -> Option<f64> {
        self.pulse.rate()
    }

    /// What was known before the epoch of this tick, to be given back to Redis.
    pub(crate) fn memory_before(&self, epoch: Epoch) -> Option<Memory> {
        let known = self.known();
        let lost = known.view.as_ref();
        let lost = lost.filter(|view| view.tick.epoch != epoch)?;
        Some(lost.memory(&known.ends))
    }

    /// Begins anew from a snapshot that was taken between two ticks.
    pub(crate) fn begin(&self, snapshot: Snapshot, before: &Tick, after: Tick, sent: Instant) {
        let given: Vec<Ticket> = self.notes().told.keys().copied().collect();
        let lost = self.known();
        let mut anew = View::begin(
            snapshot,
            before,
            sent,
            lost.view.as_ref(),
            given.into_iter(),
        );
        drop(lost);
        self.pulse.beat(&after);
        let mut known = self.known_mut();
        known.note_ends(&after);
        anew.apply(after, sent);
        known.view = Some(anew);
    }

    /// Brings the picture up to date; answers how many places ahead were called or given up, or
    /// `None` when it has to begin anew.
    pub(crate) fn apply(&self, tick: Tick, sent: Instant) -> Option<u64> {
        let counter = tick.counter;
        self.pulse.beat(&tick);
        let served = {
            let mut known = self.known_mut();
            known.note_ends(&tick);
            known.view.as_mut()?.apply(tick, sent)
        };
        let mut notes = self.notes();
        notes.told.retain(|ticket, _| *ticket > counter);
        notes.asked.retain(|_, at| at.elapsed() < ASK_AGAIN_AFTER);
        served
    }

    // What a panicking writer left is as good as any older view: the next tick mends it.
    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn note_ends(&mut self, tick: &Tick) {
        let ended = tick.changes.iter();
        for change in ended.filter(|change| change.kind == ChangeKind::Ended) {
            self.ends.add(change.user, change.ticket);
        }
    }
}
