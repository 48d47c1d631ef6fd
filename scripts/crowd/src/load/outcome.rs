//! The outcome: everything that a run has to say, as plain data.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use hdrhistogram::Histogram;
use serde::Serialize;

use super::capacity::{longest_vacancy, use_of_capacity};
use super::race::Race;
use super::tally::{Moment, Wait, ms};
use super::venue::Venue;
use super::verdict::{Check, Verdict};
use super::{Evening, Order};
use crate::witness::line::Seen;

/// A plot of waits has at most so many points, and none of fewer fans than it takes for a tail.
const WAIT_POINTS: usize = 60;
const FANS_A_POINT: usize = 20;

/// All of one run.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// What it is about.
    pub about: String,
    /// The command that repeats it.
    pub command: String,
    /// When it ended, RFC 3339 UTC.
    pub ended_at: String,
    /// How long the crowd was there, in seconds.
    pub seconds: f64,
    /// Where it ran.
    pub machine: String,
    /// What was measured, and how it was set.
    pub system: String,
    /// How many fans came.
    pub fans: u64,
    /// What is worth a line of its own: name and value.
    pub figures: Vec<(String, String)>,
    /// What was promised, and whether it held.
    pub checks: Vec<Check>,
    /// Second by second.
    pub series: Vec<Moment>,
    /// Seconds since the start and tickets called by then, as Redis had it; empty when not asked.
    pub called: Vec<(f64, u64)>,
    /// By call.
    pub latency: Vec<Quantiles>,
    /// How often each refusal was told, and each kind of error.
    pub refusals: BTreeMap<String, u64>,
    /// How many fans went home in which way.
    pub homes: BTreeMap<String, u64>,
    /// Waits by the position that was told first.
    pub waits: Vec<WaitsAt>,
}

/// How long calls of one kind took, in ms.
#[derive(Debug, Clone, Serialize)]
pub struct Quantiles {
    /// The call's name.
    pub call: &'static str,
    /// How many.
    pub count: u64,
    /// Half took less.
    pub p50: f64,
    /// Nine of ten took less.
    pub p90: f64,
    /// All but one in a hundred.
    pub p99: f64,
    /// All but one in a thousand.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

/// The waits of fans who were told about the same position first, in seconds.
#[derive(Debug, Clone, Serialize)]
pub struct WaitsAt {
    /// About where they began.
    pub position: u64,
    /// How many.
    pub fans: usize,
    /// One in twenty waited less.
    pub p5: f64,
    /// Half waited less.
    pub p50: f64,
    /// One in twenty waited longer.
    pub p95: f64,
    /// What they were told first, half of them less: at least and at most. None while nothing is
    /// known.
    pub estimate: Option<(u64, u64)>,
}

impl Outcome {
    pub(super) fn new(
        order: &Order,
        venue: &Venue,
        evening: &Evening,
        (seen, cap, race): (Option<&Seen>, Option<u64>, Option<Race>),
        checks: Vec<Check>,
    ) -> Self {
        let (scenario, tally) = (&order.scenario, &evening.tally);
        let ended = i64::try_from(shared::clock::unix_seconds()).unwrap_or(0);
        let ended = DateTime::from_timestamp(ended, 0).unwrap_or_default();
        Self {
            scenario: scenario.name.to_owned(),
            about: scenario.about.to_owned(),
            command: command(order),
            ended_at: ended.to_rfc3339_opts(SecondsFormat::Secs, true),
            seconds: evening.took.as_secs_f64(),
            machine: machine(),
            system: system(order, venue),
            fans: scenario.fans,
            figures: figures(order, evening, (seen, cap, race)),
            checks,
            series: tally.series.clone(),
            called: seen.map(|seen| called(seen, evening)).unwrap_or_default(),
            latency: tally
                .latency
                .iter()
                .map(|(call, times)| quantiles(call, times))
                .collect(),
            refusals: tally.refusals.clone(),
            homes: tally.homes.clone(),
            waits: waits(&tally.waits),
        }
    }

    /// Whether nothing was found that must not be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.verdict != Verdict::Broken)
    }
}

fn command(order: &Order) -> String {
    let scenario = &order.scenario;
    let mut command = format!(
        "scripts/load {} --fans {} --seconds {} --seed {}",
        scenario.name,
        scenario.fans,
        scenario.arrive_within.as_secs(),
        order.seed
    );
    for gateway in &order.gateways {
        command = format!("{command} --gateway {gateway}");
    }
    if let Some(concert) = order.concert {
        command = format!("{command} --concert {concert}");
    }
    command
}

/// The processor, its cores and the memory, as Linux tells them.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor = field(&read("/proc/cpuinfo"), "model name");
    let memory = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok())
        .map_or_else(String::new, |kilobytes| {
            format!(", {} GB", kilobytes.div_ceil(1_048_576))
        });
    format!(
        "{cores} cores{memory}, {}, {}; the crowd ran on it too",
        processor.as_deref().unwrap_or("unknown processor"),
        std::env::consts::OS
    )
}

fn system(order: &Order, venue: &Venue) -> String {
    match venue {
        Venue::Given { doors, .. } => format!("a running one behind {}", doors.join(", ")),
        Venue::Own { house, .. } => {
            let build = if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            };
            format!(
                "{build} build, {} gateway(s) with a booking each, max_active {}, \
                 promote_per_second {}, session_seconds {}, HOLD_SECONDS {}, UPSTREAM_IN_FLIGHT \
                 {}, {:?}; fans think {:?} ms before each step",
                house.gateways,
                house.max_active,
                house.promote_per_second,
                house.session_seconds,
                house.hold_seconds,
                house.in_flight,
                house.stage,
                order.scenario.temper.think_ms
            )
        }
    }
}

type Aside<'a> = (Option<&'a Seen>, Option<u64>, Option<Race>);

fn figures(order: &Order, evening: &Evening, (seen, cap, race): Aside) -> Vec<(String, String)> {
    let last = evening.tally.series.last().copied().unwrap_or_default();
    let mut figures = vec![
        ("calls".to_owned(), last.calls.to_string()),
        ("seats sold".to_owned(), last.sold.to_string()),
        (
            "errors (5xx or no answer)".to_owned(),
            last.errors.to_string(),
        ),
        (
            "latest arrival against its plan".to_owned(),
            format!("{:.0} ms", evening.latest.as_secs_f64() * 1000.0),
        ),
    ];
    if let Some(race) = race {
        let Race {
            runners,
            winners,
            took,
        } = race;
        let told = format!(
            "{:.2} s for {runners} fans, {winners} got it",
            took.as_secs_f64()
        );
        figures.push(("from the signal to the last answer".to_owned(), told));
    }
    if let Some((seen, cap)) = seen.zip(cap) {
        figures.extend(of_the_room(seen, cap, evening));
    }
    if let Some(share) = inside(&evening.tally.waits) {
        let about = "true waits inside the shown range";
        figures.push((about.to_owned(), format!("{:.1} %", share * 100.0)));
    }
    figures.push(("seed".to_owned(), order.seed.to_string()));
    figures
}

fn of_the_room(seen: &Seen, cap: u64, evening: &Evening) -> Vec<(String, String)> {
    let looks = seen.uses.iter();
    let looks: Vec<_> = looks
        .map(|look| (evening.history.at(look.at), *look))
        .collect();
    let waited = |at| evening.tally.had_waiting(at);
    let Some(used) = use_of_capacity(&looks, cap, waited) else {
        return Vec::new();
    };
    let vacant = longest_vacancy(&looks, waited);
    vec![
        (
            "use of capacity while present fans waited".to_owned(),
            format!("{:.1} %", used * 100.0),
        ),
        (
            "longest time that a slot whose session was over stood empty then".to_owned(),
            format!("{:.2} s", vacant.as_secs_f64()),
        ),
    ]
}

/// Of the waits for which the line had said something, those that it had right.
#[expect(
    clippy::cast_precision_loss,
    reason = "a run has far fewer than 2^53 fans"
)]
fn inside(waits: &[Wait]) -> Option<f64> {
    let known: Vec<_> = waits.iter().filter_map(|wait| wait.estimate).collect();
    let is_right = |(waited, said): &&(Duration, crate::history::Estimate)| {
        Duration::from_secs(said.min) <= *waited && *waited <= Duration::from_secs(said.max)
    };
    let right = known.iter().filter(is_right).count();
    (!known.is_empty()).then(|| right as f64 / known.len() as f64)
}

/// One point a second.
fn called(seen: &Seen, evening: &Evening) -> Vec<(f64, u64)> {
    let mut moments: Vec<Duration> = seen
        .called
        .values()
        .map(|moment| evening.history.at(*moment))
        .collect();
    moments.sort_unstable();
    let seconds = evening.tally.series.iter().map(|moment| moment.at);
    let by = |at: f64| moments.partition_point(|moment| moment.as_secs_f64() <= at);
    seconds.map(|at| (at, by(at) as u64)).collect()
}

fn quantiles(call: &'static str, times: &Histogram<u64>) -> Quantiles {
    let at = |quantile| ms(times.value_at_quantile(quantile));
    Quantiles {
        call,
        count: times.len(),
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p999: at(0.999),
        max: ms(times.max()),
    }
}

/// Fans who were let in at once did not wait.
fn waits(waits: &[Wait]) -> Vec<WaitsAt> {
    let mut waited: Vec<&Wait> = waits.iter().filter(|wait| wait.position > 0).collect();
    waited.sort_by_key(|wait| wait.position);
    let size = waited.len().div_ceil(WAIT_POINTS).max(FANS_A_POINT);
    waited.chunks(size).map(waits_at).collect()
}

fn waits_at(group: &[&Wait]) -> WaitsAt {
    let mut times: Vec<f64> = group.iter().map(|wait| wait.waited.as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let said = |end: fn(&crate::history::Estimate) -> u64| {
        let mut said: Vec<u64> = group
            .iter()
            .filter_map(|wait| wait.estimate.as_ref().map(|(_, said)| end(said)))
            .collect();
        said.sort_unstable();
        said.get(said.len() / 2).copied()
    };
    WaitsAt {
        position: group[group.len() / 2].position,
        fans: group.len(),
        p5: at(5),
        p50: at(50),
        p95: at(95),
        estimate: said(|said| said.min).zip(said(|said| said.max)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Estimate;

    fn wait(position: u64, seconds: u64, estimate: Option<Estimate>) -> Wait {
        Wait {
            position,
            waited: Duration::from_secs(seconds),
            estimate: estimate.map(|said| (Duration::from_secs(seconds), said)),
        }
    }

    #[test]
    fn waits_are_grouped_by_where_they_began_and_bear_unknown_estimates() {
        let all: Vec<Wait> = (0..=2_400)
            .map(|number| wait(number, number * 2, None))
            .collect();
        let points = waits(&all);
        assert_eq!((points.len(), points[0].fans), (WAIT_POINTS, 40));
        assert!(points.iter().all(|point| point.estimate.is_none()));
        assert!((points[0].p50 - 40.0).abs() < 1e-9, "{:?}", points[0]);
        assert_eq!(inside(&all), None);
    }

    #[test]
    fn waits_inside_what_was_said_are_counted_among_those_that_were_told() {
        let said = Some(Estimate { min: 5, max: 9 });
        let all = [
            wait(1, 4, said),
            wait(2, 5, said),
            wait(3, 9, said),
            wait(4, 99, None),
        ];
        assert!(inside(&all).is_some_and(|share| (share - 2.0 / 3.0).abs() < 1e-9));
        assert_eq!(waits(&all)[0].estimate, Some((5, 9)));
    }
}
