//! The page: verdict first, then what happened, then the tables. All of it in one file, so that it
//! can be sent by mail and opened without a network.

use super::plot::{Band, Line, Plot};
use super::scale::{Steps, number};
use super::{latency, sentence, word};
use crate::load::{Check, Moment, Outcome, Quantiles};

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// The whole page.
pub(super) fn page(outcome: &Outcome) -> String {
    let verdict = if outcome.is_clean() { "held" } else { "broken" };
    let parts = [
        ("STYLE", STYLE.to_owned()),
        ("SCENARIO", escape(&outcome.scenario)),
        ("ABOUT", escape(&outcome.about)),
        ("VERDICT_CLASS", verdict.to_owned()),
        ("VERDICT", escape(&sentence(outcome))),
        ("CHECKS", outcome.checks.iter().map(check).collect()),
        ("TILES", tiles(outcome)),
        ("PLOTS", figures(outcome)),
        ("LATENCY", outcome.latency.iter().map(latency_row).collect()),
        ("REFUSALS", bars(&outcome.refusals)),
        ("HOMES", bars(&outcome.homes)),
        ("COMMAND", escape(&outcome.command)),
        ("MACHINE", escape(&outcome.machine)),
        ("SYSTEM", escape(&outcome.system)),
        ("ENDED", escape(&outcome.ended_at)),
    ];
    let mut page = String::new();
    let mut rest = FRAME;
    // Each {{NAME}} of the frame once, so that nothing that is filled in is read as one again.
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        page += before;
        page += parts
            .iter()
            .find(|(part, _)| *part == name)
            .map_or("", |(_, text)| text);
        rest = after;
    }
    page + rest
}

fn check(check: &Check) -> String {
    let class = word(check.verdict).to_lowercase().replace(' ', "-");
    let findings = if check.findings.is_empty() {
        String::new()
    } else {
        format!("<pre>{}</pre>", escape(&check.findings.join("\n")))
    };
    format!(
        "<tr><td><span class=\"badge {class}\">{}</span></td><th>{}</th><td>{}{findings}</td>\
         <td>{}</td></tr>\n",
        word(check.verdict),
        check.name,
        escape(&check.promise),
        escape(&check.note)
    )
}

fn tiles(outcome: &Outcome) -> String {
    let tile = |name: &str, value: &str| {
        format!(
            "<div><b>{}</b><span>{}</span></div>\n",
            escape(value),
            escape(name)
        )
    };
    let mut tiles = tile("fans", &outcome.fans.to_string());
    tiles += &tile("seconds", &format!("{:.0}", outcome.seconds));
    for (name, value) in &outcome.figures {
        tiles += &tile(name, value);
    }
    tiles
}

fn figures(outcome: &Outcome) -> String {
    let plots = plots(outcome);
    let plots = plots.iter().map(Plot::figure);
    plots.chain([latency::figure(&outcome.latency)]).collect()
}

fn plots(outcome: &Outcome) -> [Plot; 5] {
    let line = |name, value: fn(&Moment) -> f64| {
        let points = outcome
            .series
            .iter()
            .map(|moment| (moment.at, value(moment)));
        Line {
            name,
            points: points.collect(),
        }
    };
    let over_time = |title, says, y, lines| Plot {
        title,
        says,
        x: "seconds since the start",
        x_steps: Steps::Even,
        y,
        lines,
        band: None,
    };
    let mut came_and_called = vec![line("arrived", |moment| count(moment.arrived))];
    if !outcome.called.is_empty() {
        let points = outcome.called.iter().map(|(at, by)| (*at, count(*by)));
        came_and_called.push(Line {
            name: "called (Redis)",
            points: points.collect(),
        });
    }
    came_and_called.push(line("told so", |moment| count(moment.told_in)));
    [
        over_time(
            "Arrivals against promotions",
            "How many had come, and how many had been let in, by each second.",
            "fans",
            came_and_called,
        ),
        over_time(
            "Length of the line",
            "Fans who waited and were still there, and fans inside.",
            "fans",
            vec![
                line("waiting", |moment| count(moment.waiting)),
                line("active", |moment| count(moment.inside)),
            ],
        ),
        waits(outcome),
        over_time(
            "Seats sold",
            "Paid for, by each second.",
            "seats",
            vec![line("sold", |moment| count(moment.sold))],
        ),
        over_time(
            "Latency second by second",
            "All but one in a hundred calls of each second took less.",
            "ms",
            vec![line("p99", |moment| moment.p99_ms)],
        ),
    ]
}

fn waits(outcome: &Outcome) -> Plot {
    let known = outcome.waits.iter().filter_map(|at| {
        let (least, most) = at.estimate?;
        Some((count(at.position), count(least), count(most)))
    });
    let known: Vec<_> = known.collect();
    let says = if known.is_empty() {
        "How long fans waited, by the position they were told first. The line named no estimate."
    } else {
        "How long fans waited, by the position they were told first, against what they were told."
    };
    let line = |name, value: fn(&crate::load::WaitsAt) -> f64| {
        let points = outcome
            .waits
            .iter()
            .map(|at| (count(at.position), value(at)));
        Line {
            name,
            points: points.collect(),
        }
    };
    Plot {
        title: "Wait against estimate",
        says,
        x: "position told first",
        x_steps: Steps::Even,
        y: "seconds",
        lines: vec![
            line("half waited less", |at| at.p50),
            line("one in twenty waited longer", |at| at.p95),
        ],
        band: (!known.is_empty()).then_some(Band {
            name: "estimated",
            points: known,
        }),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a run counts far below 2^53")]
const fn count(value: u64) -> f64 {
    value as f64
}

fn latency_row(row: &Quantiles) -> String {
    let cells = [row.p50, row.p90, row.p99, row.p999, row.max];
    let cells = cells.map(|ms| format!("<td>{ms:.1}</td>")).concat();
    format!(
        "<tr><th>{}</th><td>{}</td>{cells}</tr>\n",
        row.call,
        number(count(row.count))
    )
}

/// Rows with bars, the most frequent first.
fn bars(counts: &std::collections::BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "<tr><td>none</td></tr>".to_owned();
    }
    let mut rows: Vec<_> = counts.iter().collect();
    rows.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
    let most = rows[0].1;
    let row = |(name, times): (&String, &u64)| {
        let width = 100.0 * count(*times) / count(*most).max(1.0);
        format!(
            "<tr><th>{}</th><td>{}</td><td class=\"bar\"><i style=\"width:{width:.1}%\"></i></td>\
             </tr>\n",
            escape(name),
            number(count(*times))
        )
    };
    rows.into_iter().map(row).collect()
}

/// What a server said must not become a part of the page.
fn escape(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_stays_text() {
        assert_eq!(escape("<b a='1'>&\""), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn the_page_asks_nothing_of_any_other_host() {
        for part in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!FRAME.contains(part) && !STYLE.contains(part), "{part}");
        }
    }
}
