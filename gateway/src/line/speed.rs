//! How fast a line moves, measured over a short and a long window.
//!
//! Two things limit a line. As long as there is room inside, it moves as fast as fans are let in.
//! Behind that, it moves as fast as sessions end, which shows only once as many have ended as run:
//! a house that fills says nothing of how fast it turns over. Both windows then span whole
//! turnovers, since fans who came in together leave together.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::store::{ChangeKind, Tick};

use super::estimate::as_f64;

const SHORT: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_mins(1);
/// A line that has moved for less time says nothing about its speed.
const KNOWN_AFTER: Duration = Duration::from_secs(5);
/// Ticks with movement that are kept: an hour of them.
const MOST_MARKS: usize = 16_384;

/// What one tick has told of a line.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Movement {
    /// Places ahead of those who wait that were called or given up.
    pub(crate) places: u64,
    /// Fans who were let in.
    pub(crate) let_in: u64,
    /// How many wait now.
    pub(crate) waiting: u64,
    /// How many sessions run now.
    pub(crate) sessions: u64,
    /// How many sessions there is room for.
    pub(crate) max_active: u64,
}

impl Movement {
    /// What this tick has told, of which so many places were called or given up.
    pub(crate) fn of(tick: &Tick, places: u64) -> Self {
        let changes = tick.changes.iter();
        let let_in = changes.filter(|change| change.kind == ChangeKind::LetIn);
        Self {
            places,
            let_in: let_in.count() as u64,
            waiting: tick.waiting,
            sessions: tick.sessions,
            max_active: tick.config.max_active().unwrap_or(u64::MAX),
        }
    }
}

/// Places per second, over the two windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Speed {
    /// At least, over the slower of them.
    pub(super) slow: f64,
    /// At most, over the faster of them.
    pub(super) fast: f64,
    /// The longest time in which nobody was called.
    pub(super) standstill: Duration,
}

/// Where the counts stood after a tick that moved the line.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: Instant,
    counts: Counts,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    places: u64,
    /// Sessions that have ended.
    ended: u64,
    /// Sessions that run.
    sessions: u64,
}

/// What is known of the speed of one line.
#[derive(Debug, Default)]
pub(super) struct Track {
    marks: VecDeque<Mark>,
    counts: Counts,
    waited_at: Option<Instant>,
    /// When somebody was called last.
    called_at: Option<Instant>,
    room: u64,
    filling: Option<Speed>,
    lasting: Option<Speed>,
}

impl Track {
    /// Follows one tick.
    pub(super) fn follow(&mut self, movement: &Movement, now: Instant) {
        let before = self.counts;
        let come = before.sessions + movement.let_in;
        self.counts = Counts {
            places: before.places + movement.places,
            ended: before.ended + come.saturating_sub(movement.sessions),
            sessions: movement.sessions,
        };
        self.room = movement.max_active.saturating_sub(movement.sessions);
        if movement.waiting + movement.places > 0 {
            self.waited_at = Some(now);
        } else if self.waited_at.is_none_or(|at| now - at > LONG) {
            // A line that nobody has stood in for so long has no speed.
            return self.forget();
        }
        if movement.places > 0 {
            self.called_at = Some(now);
        }
        let has_moved = before.places != self.counts.places || before.ended != self.counts.ended;
        if has_moved || self.marks.is_empty() {
            let counts = self.counts;
            self.marks.push_back(Mark { at: now, counts });
        }
        self.measure(now);
    }

    /// Forgets the speed: after a loss or a gap the old one says nothing.
    pub(super) fn forget(&mut self) {
        *self = Self {
            counts: self.counts,
            room: self.room,
            ..Self::default()
        };
    }

    /// The speed for this position, as far as it is known.
    pub(super) fn speed(&self, position: u64) -> Option<Speed> {
        let filling = self.filling.filter(|_| position <= self.room);
        filling.or(self.lasting)
    }

    fn measure(&mut self, now: Instant) {
        self.filling = self.over(SHORT, LONG, now, Counts::called_since);
        let turnover = self.turnover();
        self.lasting = turnover.and_then(|one| {
            let (short, long) = (SHORT.max(one), LONG.max(2 * one));
            self.over(short, long, now, Counts::turned_over_since)
        });
        let kept = LONG.max(turnover.map_or(Duration::MAX, |one| 2 * one));
        let is_old = |mark: &Mark| now - mark.at > kept;
        // The mark before the window is where it begins.
        while self.marks.get(1).is_some_and(is_old) || self.marks.len() > MOST_MARKS {
            self.marks.pop_front();
        }
    }

    /// How long it took, up to the last movement, until as many sessions had ended as run now.
    fn turnover(&self) -> Option<Duration> {
        let begin = self.counts.ended.checked_sub(self.counts.sessions)?;
        let after = self
            .marks
            .partition_point(|mark| mark.counts.ended <= begin);
        Some(self.marks.back()?.at - self.marks.get(after.checked_sub(1)?)?.at)
    }

    /// The speed over two windows that end with the last movement: between two waves the line is
    /// not slower than over both. A line that stands still for longer has none. It may well go on
    /// as fast as it went; `at_least` says which of the places count for how slow it can get.
    fn over(
        &self,
        short: Duration,
        long: Duration,
        now: Instant,
        at_least: fn(&Counts, &Counts) -> u64,
    ) -> Option<Speed> {
        let end = self.marks.back()?.at;
        let silent = now - self.called_at?;
        if silent >= short {
            return None;
        }
        let speed = |window, places: fn(&Counts, &Counts) -> u64| {
            let begin = self.begin(window, end)?;
            let seconds = (end - begin.at).as_secs_f64();
            let served = places(&self.counts, &begin.counts);
            let is_known = seconds >= KNOWN_AFTER.as_secs_f64() && served > 0;
            is_known.then(|| as_f64(served) / seconds)
        };
        let called = Counts::called_since;
        Some(Speed {
            slow: speed(short, at_least)?.min(speed(long, at_least)?),
            fast: speed(short, called)?.max(speed(long, called)?),
            standstill: self.standstill(long, end).max(silent),
        })
    }

    /// Where the counts stood when this window began, or the first that is known of them.
    fn begin(&self, window: Duration, end: Instant) -> Option<&Mark> {
        let inside = self.marks.partition_point(|mark| end - mark.at >= window);
        self.marks.get(inside.saturating_sub(1))
    }

    /// The longest time in this window in which nobody was called.
    fn standstill(&self, window: Duration, end: Instant) -> Duration {
        let inside = self.marks.partition_point(|mark| end - mark.at >= window);
        let mut longest = Duration::ZERO;
        let mut last: Option<&Mark> = None;
        for mark in self.marks.range(inside.saturating_sub(1)..) {
            let before = last.get_or_insert(mark);
            if before.counts.places != mark.counts.places {
                longest = longest.max(mark.at - before.at);
                *before = mark;
            }
        }
        longest
    }
}

impl Counts {
    const fn called_since(&self, begin: &Self) -> u64 {
        self.places - begin.places
    }

    /// The places called since, without those that only filled the house.
    const fn turned_over_since(&self, begin: &Self) -> u64 {
        let filled = self.sessions.saturating_sub(begin.sessions);
        self.called_since(begin).saturating_sub(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A house with this much room, as a tick tells of it.
    fn tick(let_in: u64, sessions: u64, max_active: u64) -> Movement {
        Movement {
            places: let_in,
            let_in,
            waiting: 1_000,
            sessions,
            max_active,
        }
    }

    /// Ten fans come in and ten go every second, from this moment on.
    fn flowing(track: &mut Track, from: Instant, seconds: u64) -> Instant {
        for second in 1..=seconds {
            track.follow(&tick(10, 50, 50), from + Duration::from_secs(second));
        }
        from + Duration::from_secs(seconds)
    }

    #[test]
    fn a_house_that_fills_says_nothing_of_those_for_whom_it_has_no_room() {
        let mut track = Track::default();
        let start = Instant::now();
        for second in 0..=8 {
            let now = start + Duration::from_secs(second);
            track.follow(&tick(10, 10 * (second + 1), 100), now);
        }
        assert!(track.speed(10).is_some(), "there is room for ten more");
        assert_eq!(track.speed(11), None, "and for no more");
    }

    #[test]
    fn a_full_house_is_known_once_it_has_turned_over() {
        let mut track = Track::default();
        let start = Instant::now();
        track.follow(&tick(50, 50, 50), start);
        let full = start + Duration::from_secs(30);
        track.follow(&tick(0, 50, 50), full);
        let now = flowing(&mut track, full, 4);
        assert_eq!(track.speed(1), None, "forty of fifty have gone");
        let now = flowing(&mut track, now, 1);
        let speed = track.speed(1).expect("fifty have gone");
        assert!((1.0..2.0).contains(&speed.slow), "50 in 35 s: {speed:?}");
        assert!((1.0..2.0).contains(&speed.fast), "50 in 35 s: {speed:?}");
        assert!(speed.standstill > Duration::from_secs(25), "{speed:?}");
        flowing(&mut track, now, 120);
        let speed = track.speed(1).expect("known");
        assert!((9.0..11.0).contains(&speed.slow), "{speed:?}");
        assert!((9.0..11.0).contains(&speed.fast), "{speed:?}");
        assert_eq!(speed.standstill, Duration::from_secs(1));
    }

    #[test]
    fn a_line_that_only_the_rate_limits_is_not_told_slower_than_it_was() {
        let mut track = Track::default();
        let start = Instant::now();
        // Ten come in every second and go after eight: from then on nothing fills any more.
        for second in 0..=16 {
            let now = start + Duration::from_secs(second);
            track.follow(&tick(10, 10 * (second + 1).min(8), 100), now);
        }
        let speed = track.speed(1_000).expect("eighty have gone");
        assert!((9.9..10.1).contains(&speed.fast), "{speed:?}");
        assert!((4.0..10.0).contains(&speed.slow), "{speed:?}");
    }

    #[test]
    fn waves_are_measured_over_whole_ones() {
        let mut track = Track::default();
        let start = Instant::now();
        let mut now = start;
        track.follow(&tick(50, 50, 50), now);
        for wave in 0..5 {
            for second in 1..=100 {
                now += Duration::from_secs(1);
                let come = if second > 90 { 5 } else { 0 };
                track.follow(&tick(come, 50, 50), now);
                if wave > 1 {
                    let speed = track.speed(1).expect("known, in a standstill as well");
                    assert!((0.45..=0.55).contains(&speed.slow), "{second}: {speed:?}");
                    assert!((0.45..=0.55).contains(&speed.fast), "{second}: {speed:?}");
                    assert_eq!(speed.standstill, Duration::from_secs(91));
                }
            }
        }
    }

    #[test]
    fn sessions_that_end_while_nobody_is_called_do_not_keep_a_speed() {
        let mut track = Track::default();
        let now = flowing(&mut track, Instant::now(), 60);
        for second in 1..=4 {
            let later = now + Duration::from_secs(second);
            track.follow(&tick(0, 50 - second, 50), later);
        }
        let speed = track.speed(1_000).expect("it may go on");
        assert_eq!(speed.standstill, Duration::from_secs(4));
        for second in 5..=40 {
            let later = now + Duration::from_secs(second);
            track.follow(&tick(0, 50 - second, 50), later);
        }
        assert_eq!(track.speed(1_000), None);
    }

    #[test]
    fn an_empty_line_has_no_speed() {
        let mut track = Track::default();
        let now = flowing(&mut track, Instant::now(), 60);
        assert!(track.speed(1).is_some());
        let nobody = Movement {
            sessions: 50,
            max_active: 50,
            ..Movement::default()
        };
        track.follow(&nobody, now + Duration::from_secs(5));
        assert!(track.speed(1).is_some(), "empty for a moment only");
        track.follow(&nobody, now + Duration::from_secs(61));
        assert_eq!(track.speed(1), None);
    }
}
