//! What one gateway knows of a queue, as of its last tick.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use shared::ids::{Ticket, UserId};
use shared::token::QueueToken;

use super::ends::Ends;
use super::places::Places;
use crate::line::Standing;
use crate::store::{Change, ChangeKind, Memory, Recovered, Session, Snapshot, Tick};

/// A picture that is older does not know any more what has happened since.
const STALE_AFTER: Duration = Duration::from_secs(2);

/// A place as the picture knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The live ticket.
    pub(crate) ticket: Ticket,
    /// How the place stands.
    pub(crate) standing: Standing,
    /// Whether it may have changed already: near the front, or joined since the last tick.
    pub(crate) is_volatile: bool,
}

impl Sight {
    /// A place that is over.
    pub(super) const fn over(ticket: Ticket) -> Self {
        Self {
            ticket,
            standing: Standing::Over,
            is_volatile: false,
        }
    }
}

pub(super) struct View {
    /// When the last tick was sent; Redis's clock is counted on from there.
    sent: Instant,
    pub(super) tick: Tick,
    places: Places,
    /// How many of the places have been called: returners.
    called: u64,
    sessions: HashMap<UserId, Session>,
    /// Up to here there are places that Redis has forgotten. They count until H passes them.
    kept_up_to: Ticket,
}

impl View {
    /// A view of a snapshot, to be brought up to date by the next tick. After a loss, the places
    /// that were known before it are kept, those among them that were `given` since its last tick.
    pub(super) fn begin(
        snapshot: Snapshot,
        tick: &Tick,
        sent: Instant,
        before: Option<&Self>,
        given: impl Iterator<Item = Ticket>,
    ) -> Self {
        let mut tick = tick.clone();
        (tick.seq, tick.counter) = (snapshot.seq, snapshot.counter);
        let mut places = Places::default();
        snapshot
            .waiting
            .iter()
            .for_each(|ticket| places.set(*ticket));
        let mut kept_up_to = Ticket(0);
        if let Some(before) = before {
            let kept = before.kept(&tick);
            let given =
                given.filter(|ticket| before.tick.epoch != tick.epoch && *ticket > tick.high);
            for ticket in kept.chain(given) {
                kept_up_to = kept_up_to.max(ticket);
                places.set(ticket);
            }
        }
        places.settle();
        Self {
            sent,
            called: places.up_to(tick.high),
            tick,
            places,
            sessions: snapshot.sessions.into_iter().collect(),
            kept_up_to,
        }
    }

    /// The places that Redis has forgotten, or may have: after a loss all of them, and those that
    /// were kept then as long as H has not passed them.
    fn kept(&self, now: &Tick) -> impl Iterator<Item = Ticket> {
        let up_to = if self.tick.epoch == now.epoch {
            self.kept_up_to
        } else {
            Ticket(u64::MAX)
        };
        let above = self.places.above(now.high);
        above.take_while(move |ticket| *ticket <= up_to)
    }

    /// Brings the view up to date. Answers how many places were called or given up ahead of those
    /// that wait, or `None` when it cannot be told what has happened: then it has to begin anew.
    pub(super) fn apply(&mut self, tick: Tick, sent: Instant) -> Option<u64> {
        let (high, counter) = (self.tick.high, self.tick.counter);
        let given = tick.counter.0.saturating_sub(counter.0);
        // Who got one of them waits or has changed since. More can only come from outside, and may
        // be any number: an operator has moved the counter.
        if given > tick.waiting + tick.changes.len() as u64 {
            return None;
        }
        (counter.0 + 1..=tick.counter.0).for_each(|ticket| self.places.set(Ticket(ticket)));
        let mut served = 0;
        for change in &tick.changes {
            let has_left = self.follow(change);
            served += u64::from(has_left && change.ticket > high);
        }
        self.places.settle();
        self.called = self.places.up_to(tick.high);
        self.tick = tick;
        self.sent = sent;
        (!self.has_drifted()).then_some(served)
    }

    /// Follows one change; whether a waiting place was given up by it.
    fn follow(&mut self, change: &Change) -> bool {
        let Change {
            kind,
            user,
            ticket,
            expires_at_ms,
        } = *change;
        let session = Session {
            ticket,
            expires_at_ms,
            is_claimed: kind == ChangeKind::Claimed,
        };
        match kind {
            ChangeKind::LetIn | ChangeKind::Claimed => {
                self.sessions.insert(user, session);
            }
            ChangeKind::Waits | ChangeKind::Left => {
                self.sessions.remove(&user);
            }
            ChangeKind::Ended => self.end(user, ticket),
        }
        if kind == ChangeKind::Waits {
            self.places.set(ticket);
            return false;
        }
        self.places.clear(ticket)
    }

    /// The session of this ticket, or of one before it, is over.
    pub(super) fn end(&mut self, user: UserId, ticket: Ticket) {
        let session = self.sessions.get(&user);
        if session.is_some_and(|session| session.ticket <= ticket) {
            self.sessions.remove(&user);
        }
    }

    /// A claim that this gateway has made itself.
    pub(super) fn claimed(&mut self, user: UserId, session: Session) {
        self.sessions.insert(user, session);
    }

    /// Whether the view has drifted from what Redis counts.
    fn has_drifted(&self) -> bool {
        self.kept_up_to <= self.tick.high && self.places.count() != self.tick.waiting
    }

    pub(super) fn is_stale(&self) -> bool {
        self.sent.elapsed() > STALE_AFTER
    }

    /// Redis's time, counted on from the last tick by this machine's steady clock.
    pub(super) fn now_ms(&self) -> u64 {
        let since = u64::try_from(self.sent.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.tick.now_ms.saturating_add(since)
    }

    /// The place that this token is good for; `None` when Redis has to be asked.
    pub(super) fn sight(&self, token: &QueueToken) -> Option<Sight> {
        if let Some(session) = self.sessions.get(&token.user) {
            return self.inside(session, token.ticket);
        }
        if token.epoch != self.tick.epoch {
            return None;
        }
        let position = self.position(token.ticket)?;
        Some(self.seen(token.ticket, Standing::Waiting { position }))
    }

    /// A session that runs and was claimed; everything else is asked for.
    fn inside(&self, session: &Session, ticket: Ticket) -> Option<Sight> {
        let runs = session.expires_at_ms > self.now_ms();
        let is_theirs = session.is_claimed && ticket >= session.ticket;
        let standing = Standing::active(session.expires_at_ms, self.now_ms());
        (runs && is_theirs).then(|| self.seen(session.ticket, standing))
    }

    fn seen(&self, ticket: Ticket, standing: Standing) -> Sight {
        let position = standing.position();
        let is_near = position > 0 && position <= self.tick.near;
        Sight {
            ticket,
            standing,
            is_volatile: is_near || (position > 0 && ticket > self.tick.counter),
        }
    }

    /// The position of a ticket that waits, or that was given since the last tick.
    pub(super) fn position(&self, ticket: Ticket) -> Option<u64> {
        if ticket > self.tick.counter {
            let behind = self.places.count() - self.called;
            return Some(behind + (ticket.0 - self.tick.counter.0));
        }
        if !self.places.contains(ticket) {
            return None;
        }
        Some(if ticket <= self.tick.high {
            1
        } else {
            self.places.up_to(ticket) - self.called
        })
    }

    /// What is given back to Redis after a loss.
    pub(super) fn memory(&self, ends: &Ends) -> Memory {
        let now = self.now_ms();
        let sessions = self.sessions.iter().map(|(user, session)| Recovered {
            user: *user,
            ticket: session.ticket,
            left_ms: session.expires_at_ms.saturating_sub(now),
            is_claimed: session.is_claimed,
        });
        let ended = ends.iter().map(|(user, ticket)| Recovered {
            user,
            ticket,
            left_ms: 0,
            is_claimed: false,
        });
        Memory {
            high: self.tick.high,
            counter: self.tick.counter,
            config: self.tick.config.clone(),
            fans: ended
                .chain(sessions.filter(|session| session.left_ms > 0))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::Epoch;

    use super::*;

    fn begun(tick: &Tick, before: Option<&View>, given: &[Ticket]) -> View {
        let given = given.iter().copied();
        View::begin(Snapshot::default(), tick, Instant::now(), before, given)
    }

    #[test]
    fn what_a_loss_took_stays_a_place_through_every_new_beginning() {
        let tick = |epoch, high| Tick {
            epoch: Epoch(epoch),
            high: Ticket(high),
            ..Tick::default()
        };
        let mut before = begun(&tick(1, 0), None, &[]);
        for ticket in [3, 5, 7] {
            before.places.set(Ticket(ticket));
        }
        let lost = begun(&tick(2, 3), Some(&before), &[Ticket(9), Ticket(2)]);
        assert_eq!(lost.places.count(), 3, "5, 7 and the one given since");
        let mut again = begun(&tick(2, 5), Some(&lost), &[Ticket(11)]);
        assert_eq!(again.places.count(), 2, "7 and 9");
        again.places.set(Ticket(20));
        let later = begun(&tick(2, 5), Some(&again), &[]);
        assert_eq!(
            later.places.count(),
            2,
            "a snapshot tells of 20, not what was known"
        );
    }

    #[test]
    fn a_counter_that_was_moved_far_ahead_is_not_counted_up_to() {
        let tick = |counter| Tick {
            counter: Ticket(counter),
            ..Tick::default()
        };
        let mut view = begun(&tick(0), None, &[]);
        assert_eq!(view.apply(tick(1_000_000), Instant::now()), None);
        assert_eq!(view.places.count(), 0);
    }
}
