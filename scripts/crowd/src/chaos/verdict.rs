//! Whether everything held: what fans were told, what the database has, and what Redis showed.
//!
//! After a loss of Redis the gateways give back the sessions that ran, as far as one of them knew
//! and lives (`docs/REDIS.md`); here gateways die too. So the numbers of fans are judged up to the
//! first loss, and a payment that was refused because its session was lost is no finding.
//! Seats, money, cap, the hold after a loss, and who was passed while standing in the line are
//! judged throughout. Not judged: whether a fan who was present came back in time.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use crate::history::books::Books;
use crate::history::{Call, Entry, Findings, History, Outcome, Standing, places};
use crate::history::{check_answers, check_holds, check_money, check_order, check_positions};
use crate::witness::lives::Life;

/// How long booking keeps a seat (`HOLD_SECONDS`).
const HOLD: Duration = Duration::from_mins(5);

/// How long nobody is let in after a loss (`LINE_HOLD_SECONDS` is 15), less what the first look may
/// have come late.
const LINE_HOLD: Duration = Duration::from_secs(14);

/// All checks of a run whose storm is over and whose fans have gone home.
pub(super) fn judge(history: &History, lives: &[Life], books: &Books) -> Findings {
    let entries = history.entries();
    let before = before_the_first_loss(history, &entries, lives);
    [
        check_answers(&entries),
        check_money(&entries, books),
        check_holds(&certain(&entries), HOLD),
        check_positions(&before),
        check_order(&before, &called(history, lives)),
        check_line_hold(history, &entries, lives),
    ]
    .concat()
}

/// After a loss nobody new is let in before those who were there had time to come back. A session
/// that ran before it is given back.
fn check_line_hold(history: &History, entries: &[Entry], lives: &[Life]) -> Findings {
    let mut findings = Findings::new();
    let mut ran_before = HashSet::new();
    for pair in lives.windows(2) {
        let (before, life) = (&pair[0], &pair[1]);
        ran_before.extend(before.called.keys().copied());
        ran_before.extend(told_active(entries, history.at(life.began)));
        for (ticket, moment) in &life.called {
            let held = moment.duration_since(life.began);
            if held < LINE_HOLD && !ran_before.contains(ticket) {
                findings.push(format!("ticket {ticket} was let in {held:?} after a loss"));
            }
        }
    }
    findings
}

/// The tickets of fans who knew by then that they were in.
fn told_active(entries: &[Entry], by: Duration) -> impl Iterator<Item = u64> {
    let told = places(entries)
        .filter(move |(entry, _, standing)| entry.returned <= by && *standing == Standing::Active);
    told.map(|(_, ticket, _)| ticket)
}

fn before_the_first_loss(history: &History, entries: &[Entry], lives: &[Life]) -> Vec<Entry> {
    let end = match lives {
        [first, _, ..] => history.at(first.ended),
        _ => Duration::MAX,
    };
    let before = entries.iter().filter(|entry| entry.returned <= end);
    before.cloned().collect()
}

/// When each ticket was first seen called in the first life.
fn called(history: &History, lives: &[Life]) -> BTreeMap<u64, Duration> {
    let called = lives.first().into_iter().flat_map(|life| &life.called);
    called
        .map(|(ticket, moment)| (*ticket, history.at(*moment)))
        .collect()
}

/// Payments that were refused although nobody knows of an earlier attempt that did it, and not for
/// want of a session.
fn certain(entries: &[Entry]) -> Vec<Entry> {
    let mut unsure = HashSet::new();
    let is_certain = |entry: &&Entry| match (&entry.call, &entry.outcome) {
        (Call::Pay { .. }, Outcome::Unknown { .. }) => {
            unsure.insert(entry.fan);
            true
        }
        (Call::Pay { .. }, Outcome::Refused { code, .. }) => {
            !unsure.contains(&entry.fan)
                && !matches!(code.as_str(), "not_admitted" | "session_expired")
        }
        _ => true,
    };
    entries.iter().filter(is_certain).cloned().collect()
}
