//! The tally: what has happened so far, counted call by call as the history grows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::visit::Home;
use crate::history::{Entry, Estimate, Fact, Findings, Outcome, Standing};

/// Times are kept in microseconds with three digits, up to an hour: no fan waits as long.
const LONGEST_MICROS: u64 = 3_600_000_000;
const DIGITS: u8 = 3;

/// How things stood at one moment; all but `waiting`, `inside` and `p99_ms` are counts since the
/// start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Moment {
    /// Seconds since the start.
    pub at: f64,
    /// Fans who have a place, or had one.
    pub arrived: u64,
    /// Tickets whose fans were told that it is their turn.
    pub told_in: u64,
    /// Fans who wait and are still there.
    pub waiting: u64,
    /// Fans who are in and still there.
    pub inside: u64,
    /// Seats paid for.
    pub sold: u64,
    /// Calls that were made.
    pub calls: u64,
    /// Calls whose end nobody knows: a 5xx, or no answer.
    pub errors: u64,
    /// Of the calls since the moment before.
    pub p99_ms: f64,
}

/// How long one fan waited, and how long the line had said at first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wait {
    /// The position that was told first.
    pub position: u64,
    /// Until the fan was told to come in.
    pub waited: Duration,
    /// How long it still was when the line first knew how long it would be, and what it said.
    pub estimate: Option<(Duration, Estimate)>,
}

/// All counts of a run.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) series: Vec<Moment>,
    pub(super) latency: BTreeMap<&'static str, Histogram<u64>>,
    pub(super) refusals: BTreeMap<String, u64>,
    pub(super) waits: Vec<Wait>,
    pub(super) homes: BTreeMap<String, u64>,
    unhappy: BTreeMap<String, u64>,
    places: HashMap<u64, Place>,
    told_in: HashSet<u64>,
    gone: HashSet<u64>,
    now: Moment,
    recent: Histogram<u64>,
}

/// What a fan was told last, and first of this ticket.
#[derive(Debug)]
struct Place {
    ticket: u64,
    standing: Option<Standing>,
    since: Duration,
    position: u64,
    /// When the line first knew how long it would be, and what it said.
    estimate: Option<(Duration, Estimate)>,
}

impl Tally {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self {
            series: vec![Moment::default()],
            latency: BTreeMap::new(),
            refusals: BTreeMap::new(),
            waits: Vec::new(),
            homes: BTreeMap::new(),
            unhappy: BTreeMap::new(),
            places: HashMap::new(),
            told_in: HashSet::new(),
            gone: HashSet::new(),
            now: Moment::default(),
            recent: histogram(),
        }
    }

    /// Counts one call.
    pub(super) fn add(&mut self, entry: &Entry) {
        let took = entry.returned.saturating_sub(entry.invoked);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let own = self
            .latency
            .entry(entry.call.name())
            .or_insert_with(histogram);
        own.saturating_record(micros);
        self.recent.saturating_record(micros);
        self.now.calls += 1;
        match &entry.outcome {
            Outcome::Ok(fact) => self.learn(entry, fact),
            Outcome::Refused { status, code } => self.refused(format!("{status} {code}")),
            Outcome::Unknown { status, why } => {
                self.now.errors += 1;
                self.refused(status.map_or_else(|| no_answer(why), |code| format!("{code} {why}")));
            }
        }
        if matches!(&entry.outcome, Outcome::Refused { code, .. } if code == "session_expired") {
            self.stands(entry.fan, Standing::Over);
        }
    }

    fn learn(&mut self, entry: &Entry, fact: &Fact) {
        match fact {
            Fact::Place {
                ticket,
                standing,
                estimate,
            } => {
                self.place(entry, *ticket, *standing, *estimate);
            }
            Fact::Paid(paid) => {
                self.now.sold += paid.len() as u64;
                self.stands(entry.fan, Standing::Over);
            }
            Fact::Left => self.stands(entry.fan, Standing::Over),
            _ => {}
        }
    }

    fn place(&mut self, entry: &Entry, ticket: u64, standing: Standing, said: Option<Estimate>) {
        let position = match standing {
            Standing::Waiting(position) => position,
            Standing::Active | Standing::Over => 0,
        };
        let fresh = Place {
            ticket,
            standing: None,
            since: entry.invoked,
            position,
            estimate: None,
        };
        let known = self
            .places
            .get(&entry.fan)
            .is_some_and(|place| place.ticket == ticket);
        if !known {
            // A later ticket of the same fan is no arrival.
            if let Some(before) = self.places.insert(entry.fan, fresh) {
                self.count(before.standing, false);
            } else {
                self.now.arrived += 1;
            }
        }
        if let (Some(place), Some(said)) = (self.places.get_mut(&entry.fan), said) {
            place.estimate.get_or_insert((entry.returned, said));
        }
        if standing == Standing::Active && self.told_in.insert(ticket) {
            self.now.told_in += 1;
            let place = &self.places[&entry.fan];
            let until = |from: Duration| entry.returned.saturating_sub(from);
            self.waits.push(Wait {
                position: place.position,
                waited: until(place.since),
                estimate: place.estimate.map(|(at, said)| (until(at), said)),
            });
        }
        self.stands(entry.fan, standing);
    }

    fn stands(&mut self, fan: u64, standing: Standing) {
        if self.gone.contains(&fan) {
            return;
        }
        let Some(place) = self.places.get_mut(&fan) else {
            return;
        };
        let before = place.standing.replace(standing);
        self.count(before, false);
        self.count(Some(standing), true);
    }

    fn count(&mut self, standing: Option<Standing>, is_added: bool) {
        let counter = match standing {
            Some(Standing::Waiting(_)) => &mut self.now.waiting,
            Some(Standing::Active) => &mut self.now.inside,
            Some(Standing::Over) | None => return,
        };
        *counter = if is_added {
            *counter + 1
        } else {
            counter.saturating_sub(1)
        };
    }

    fn refused(&mut self, code: String) {
        *self.refusals.entry(code).or_default() += 1;
    }

    /// A fan has gone home.
    pub(super) fn went_home(&mut self, fan: u64, home: &Home) {
        *self.homes.entry(home.words()).or_default() += 1;
        if matches!(home, Home::Unhappy(_)) {
            *self.unhappy.entry(home.words()).or_default() += 1;
        }
        if let Some(place) = self.places.get_mut(&fan) {
            let before = place.standing.take();
            self.count(before, false);
        }
        self.gone.insert(fan);
    }

    /// Ends that no fan deserves, and a crowd that got nowhere.
    pub(super) fn bad_ends(&self) -> Findings {
        let unhappy = self.unhappy.iter();
        let unhappy = unhappy.map(|(words, fans)| format!("{fans} x {words}"));
        let is_sold_out = self.homes.contains_key(&Home::SoldOut.words());
        let got_nowhere = self.now.sold == 0 && !is_sold_out;
        let nobody = got_nowhere.then(|| "nobody bought a seat, or found it sold out".to_owned());
        unhappy.chain(nobody).collect()
    }

    /// Notes how things stand, once a second.
    pub(super) fn sample(&mut self, at: Duration) -> Moment {
        self.now.at = at.as_secs_f64();
        self.now.p99_ms = ms(self.recent.value_at_quantile(0.99));
        self.recent.reset();
        self.series.push(self.now);
        self.now
    }

    /// Whether somebody waited at this moment and was still there: at the start of its second.
    pub(super) fn had_waiting(&self, at: Duration) -> bool {
        let after = self
            .series
            .partition_point(|moment| moment.at <= at.as_secs_f64());
        let around = self.series.get(after.saturating_sub(1)..=after);
        around.is_some_and(|around| around.iter().all(|moment| moment.waiting > 0))
    }
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_MICROS, DIGITS).expect("these bounds are allowed")
}

/// Microseconds as milliseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "times of a run are far below 2^53 us"
)]
pub(super) fn ms(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

/// Of the many words for a call without an answer, the kind.
fn no_answer(why: &str) -> String {
    let kinds = [
        ("no answer within", "too late"),
        ("reset", "reset"),
        ("refused", "refused"),
    ];
    let kind = kinds.iter().find(|(part, _)| why.contains(part));
    format!("no answer: {}", kind.map_or("broken off", |(_, kind)| kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fan::Stop;
    use crate::history::Call;

    fn told(fan: u64, at: u64, standing: Standing) -> Entry {
        let fact = Fact::Place {
            ticket: fan,
            standing,
            estimate: None,
        };
        entry(fan, at, Call::Poll, Outcome::Ok(fact))
    }

    fn entry(fan: u64, at: u64, call: Call, outcome: Outcome) -> Entry {
        Entry {
            fan,
            call,
            key: None,
            invoked: Duration::from_secs(at),
            returned: Duration::from_secs(at) + Duration::from_millis(20),
            outcome,
        }
    }

    #[test]
    fn fans_are_counted_where_they_stand() {
        let mut tally = Tally::new();
        tally.add(&told(1, 0, Standing::Waiting(1)));
        tally.add(&told(2, 0, Standing::Waiting(2)));
        tally.add(&told(1, 3, Standing::Active));
        let now = tally.sample(Duration::from_secs(4));
        assert_eq!(
            (now.arrived, now.waiting, now.inside, now.told_in),
            (2, 1, 1, 1)
        );
        assert!((19.9..20.1).contains(&now.p99_ms), "{}", now.p99_ms);
        assert_eq!(tally.waits[0].waited, Duration::from_millis(3_020));

        tally.add(&entry(1, 5, Call::Leave, Outcome::Ok(Fact::Left)));
        tally.went_home(2, &Home::WentQuiet);
        let now = tally.sample(Duration::from_secs(6));
        assert_eq!((now.arrived, now.waiting, now.inside), (2, 0, 0));
    }

    #[test]
    fn a_wait_is_held_against_what_the_line_said_first() {
        let mut tally = Tally::new();
        let says = |at, (min, max)| {
            let fact = Fact::Place {
                ticket: 1,
                standing: Standing::Waiting(1),
                estimate: Some(Estimate { min, max }),
            };
            entry(1, at, Call::Poll, Outcome::Ok(fact))
        };
        tally.add(&told(1, 0, Standing::Waiting(2)));
        tally.add(&says(2, (5, 9)));
        tally.add(&says(4, (1, 2)));
        tally.add(&told(1, 9, Standing::Active));
        let said = Estimate { min: 5, max: 9 };
        assert_eq!(
            tally.waits[0].estimate,
            Some((Duration::from_secs(7), said)),
            "from when it was said, not from when the fan came"
        );
    }

    #[test]
    fn an_end_that_no_fan_deserves_is_found_and_so_is_a_crowd_that_got_nowhere() {
        let mut tally = Tally::new();
        tally.went_home(1, &Home::WentQuiet);
        assert_eq!(tally.bad_ends().len(), 1, "nobody bought");
        tally.went_home(2, &Home::SoldOut);
        assert!(tally.bad_ends().is_empty());
        tally.went_home(3, &Home::Unhappy(Stop::GaveUp("pay")));
        assert_eq!(tally.bad_ends(), ["1 x got no answer to pay"]);
    }

    #[test]
    fn whether_somebody_waited_is_asked_of_both_seconds_around() {
        let mut tally = Tally::new();
        tally.add(&told(1, 0, Standing::Waiting(1)));
        tally.sample(Duration::from_secs(1));
        tally.sample(Duration::from_secs(2));
        tally.went_home(1, &Home::WentQuiet);
        tally.sample(Duration::from_secs(3));
        let waited = |ms| tally.had_waiting(Duration::from_millis(ms));
        assert!(waited(1_500) && !waited(500) && !waited(2_500) && !waited(9_000));
    }

    #[test]
    fn what_nobody_knows_is_an_error_and_a_refusal_is_none() {
        let mut tally = Tally::new();
        let (status, code) = (409, "seat_taken".to_owned());
        tally.add(&entry(
            1,
            0,
            Call::Reserve { seat: 1 },
            Outcome::Refused { status, code },
        ));
        let (status, why) = (None, "no answer within 30s".to_owned());
        tally.add(&entry(
            1,
            0,
            Call::Reserve { seat: 1 },
            Outcome::Unknown { status, why },
        ));
        assert_eq!(tally.sample(Duration::ZERO).errors, 1);
        let codes: Vec<&str> = tally.refusals.keys().map(String::as_str).collect();
        assert_eq!(codes, ["409 seat_taken", "no answer: too late"]);
    }
}
