//! Judges what Redis did: replays every write of the scripts and asks of each promotion whether it
//! was right, and of all of them whether they kept to the rate.

use std::collections::{BTreeMap, HashMap};

use crate::harness::Told;

/// Binary fractions, and the whole milliseconds of Redis's clock.
const TOLERANCE: f64 = 0.01;

/// A fan was let in.
#[derive(Debug, Clone)]
pub(super) struct Promotion {
    /// On the clock that the script judged by.
    at_ms: u64,
    ticket: u64,
    /// The lowest ticket that waited on.
    passed: Option<u64>,
    /// Sessions that ran after it.
    sessions: usize,
    /// The cap that the script had read.
    cap: usize,
}

/// All promotions of a queue, and the rates in force, in Redis's order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) promotions: Vec<Promotion>,
    rates: Vec<(u64, f64)>,
}

impl Ledger {
    pub(super) fn read(told: &[Told]) -> Self {
        let mut replay = Replay::default();
        for command in told {
            replay.follow(command);
        }
        replay.ledger
    }

    /// Promotions that passed a lower waiting ticket.
    pub(super) fn inversions(&self) -> Vec<&Promotion> {
        let overtook = |one: &&Promotion| one.passed.is_some_and(|passed| passed < one.ticket);
        self.promotions.iter().filter(overtook).collect()
    }

    /// Promotions that left more sessions than the cap.
    pub(super) fn breaches_of_the_cap(&self) -> Vec<&Promotion> {
        let over = |one: &&Promotion| one.sessions > one.cap;
        self.promotions.iter().filter(over).collect()
    }

    /// Windows, from one promotion to another, with more of them than the integral of the rate in
    /// force plus what two seconds of the highest rate may have saved up, at least one.
    pub(super) fn breaches_of_the_rate(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        for (first, from) in self.promotions.iter().enumerate() {
            for (last, to) in self.promotions.iter().enumerate().skip(first) {
                let count = last - first + 1;
                let allowed = self.allowance(from.at_ms, to.at_ms);
                if as_f64(count) > allowed + TOLERANCE {
                    breaches.push(format!("{count} of {allowed}, {from:?} to {to:?}"));
                    break;
                }
            }
        }
        breaches
    }

    fn allowance(&self, from: u64, to: u64) -> f64 {
        let (mut integral, mut highest) = (0.0, 0.0_f64);
        for (index, (since, rate)) in self.rates.iter().enumerate() {
            let until = self.rates.get(index + 1).map_or(u64::MAX, |next| next.0);
            if until >= from && *since <= to {
                let in_force = until.min(to).saturating_sub((*since).max(from));
                integral += rate * as_f64(in_force) / 1000.0;
                highest = highest.max(*rate);
            }
        }
        integral + (2.0 * highest).max(1.0)
    }
}

/// The queue as the writes so far have left it.
#[derive(Debug, Default)]
struct Replay {
    now_ms: u64,
    rate: f64,
    cap: usize,
    waiting: BTreeMap<u64, String>,
    ticket_of: HashMap<String, u64>,
    sessions: HashMap<String, u64>,
    /// Taken out of the line by the script that runs.
    called: HashMap<String, u64>,
    /// Let in by it: the ticket, and the lowest one that waited on.
    admitted: Vec<(u64, Option<u64>)>,
    ledger: Ledger,
}

impl Replay {
    fn follow(&mut self, command: &Told) {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let [verb, key, ..] = words[..] else { return };
        let part = key.rsplit(':').next().unwrap_or_default();
        match (verb.to_ascii_uppercase().as_str(), part, &words[2..]) {
            ("HSET", "state", fields) => self.end_of_script(fields),
            ("ZADD", "waiting", [ticket, fan]) => self.wait(fan, number(ticket)),
            ("ZREM", "waiting", [fan]) => self.call(fan),
            ("ZADD", "active", [expiry, fan]) => self.admit(fan, number(expiry)),
            ("ZREM", "active", [fan]) => drop(self.sessions.remove(*fan)),
            _ => {}
        }
    }

    /// Each script writes its state last: only then is known by which clock and cap it judged.
    fn end_of_script(&mut self, fields: &[&str]) {
        let mut fields: Vec<_> = fields.chunks_exact(2).collect();
        // The rate is in force from the time that stands beside it.
        fields.sort_by_key(|field| field[0] == "charged_at");
        for field in fields {
            self.note(field[0], field[1]);
        }
        let running = self.sessions.values();
        let sessions = running.filter(|expiry| **expiry > self.now_ms).count();
        self.called.clear();
        for (ticket, passed) in std::mem::take(&mut self.admitted) {
            self.ledger.promotions.push(Promotion {
                at_ms: self.now_ms,
                ticket,
                passed,
                sessions,
                cap: self.cap,
            });
        }
    }

    fn note(&mut self, field: &str, value: &str) {
        match field {
            "good_max_active" => self.cap = value.parse().expect("a cap"),
            "rate" => self.rate = value.parse().expect("a rate"),
            // Written by every step that promotes.
            "charged_at" => {
                self.now_ms = number(value);
                self.ledger.rates.push((self.now_ms, self.rate));
            }
            _ => {}
        }
    }

    fn wait(&mut self, fan: &str, ticket: u64) {
        self.leave(fan);
        self.waiting.insert(ticket, fan.to_owned());
        self.ticket_of.insert(fan.to_owned(), ticket);
    }

    /// Out of the line: let in by the same script, or gone.
    fn call(&mut self, fan: &str) {
        let ticket = self.leave(fan);
        self.called
            .extend(ticket.map(|ticket| (fan.to_owned(), ticket)));
    }

    fn leave(&mut self, fan: &str) -> Option<u64> {
        let ticket = self.ticket_of.remove(fan)?;
        self.waiting.remove(&ticket);
        Some(ticket)
    }

    /// A session that ran already is only claimed.
    fn admit(&mut self, fan: &str, expiry: u64) {
        let is_new = self.sessions.insert(fan.to_owned(), expiry).is_none();
        let Some(ticket) = self.called.remove(fan).filter(|_| is_new) else {
            return;
        };
        let passed = self.waiting.keys().next().copied();
        self.admitted.push((ticket, passed));
    }
}

fn number(text: &str) -> u64 {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is written whole"))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts and milliseconds of one test run"
)]
fn as_f64(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}
