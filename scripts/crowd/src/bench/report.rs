//! The table: what was reached beside what is to be reached, on the terminal and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use serde::Serialize;

use super::race::{Contender, Race};

/// A figure may fall so far short of its target before it counts as missed.
const LENIENCE: f64 = 0.9;

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Target {
    /// This much or more.
    AtLeast(f64),
    /// This much or less.
    AtMost(f64),
    /// Shown beside the others, and not judged.
    None,
}

/// How a figure stands to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Reached.
    Met,
    /// Short of it by a tenth at most.
    Short,
    /// Further away, and nobody says why.
    Missed,
    /// Further away, and the waiver file says why.
    Waived,
    /// There is no target.
    Shown,
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Its name, as in `--only` and in the waiver file.
    pub id: String,
    /// What was measured, with its unit.
    pub what: String,
    /// Our side, by round.
    pub ours: Contender,
    /// The other side of a ratio.
    pub peer: Option<Contender>,
    /// What is judged: the ratio of the medians, or our median where there is no peer.
    pub value: f64,
    /// What is to be reached.
    pub target: Target,
}

impl Figure {
    /// Our median over a peer's. None when one of them did not run.
    #[must_use]
    pub fn ratio(
        id: &str,
        what: &str,
        race: &Race,
        pair: [&str; 2],
        target: Target,
    ) -> Option<Self> {
        let (ours, peer) = (race.of(pair[0])?.clone(), race.of(pair[1])?.clone());
        Some(Self {
            id: id.to_owned(),
            what: what.to_owned(),
            value: ours.median() / peer.median(),
            ours,
            peer: Some(peer),
            target,
        })
    }

    /// A figure that stands for itself.
    #[must_use]
    pub fn alone(id: &str, what: &str, race: &Race, name: &str, target: Target) -> Option<Self> {
        let ours = race.of(name)?.clone();
        Some(Self {
            id: id.to_owned(),
            what: what.to_owned(),
            value: ours.median(),
            ours,
            peer: None,
            target,
        })
    }

    /// How it stands.
    #[must_use]
    pub fn verdict(&self, waivers: &Waivers) -> Verdict {
        let (is_met, is_near) = match self.target {
            Target::None => return Verdict::Shown,
            Target::AtLeast(least) => (self.value >= least, self.value >= least * LENIENCE),
            Target::AtMost(most) => (self.value <= most, self.value <= most / LENIENCE),
        };
        match (is_met, is_near) {
            (true, _) => Verdict::Met,
            (false, true) => Verdict::Short,
            (false, false) if waivers.0.contains_key(&self.id) => Verdict::Waived,
            (false, false) => Verdict::Missed,
        }
    }
}

/// Figures that are known to be missed, each with its reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Waivers(BTreeMap<String, String>);

impl Waivers {
    /// Lines `id reason`; what follows `#` is a comment.
    ///
    /// # Errors
    /// When a line has no reason.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim())
            .filter(|line| !line.is_empty());
        let waivers = lines.map(|line| {
            let (id, reason) = line
                .split_once(char::is_whitespace)
                .with_context(|| format!("the waiver {line:?} has no reason"))?;
            Ok((id.to_owned(), reason.trim().to_owned()))
        });
        waivers.collect::<anyhow::Result<_>>().map(Self)
    }
}

/// Everything that a run measured.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where it was measured.
    pub machine: BTreeMap<&'static str, String>,
    /// How many rounds, and seconds in each.
    pub rounds: (usize, u64),
    /// The lines of the table.
    pub figures: Vec<Figure>,
    /// What is known to be missed.
    pub waivers: Waivers,
    /// Rows that could not be measured, and why.
    pub skipped: Vec<String>,
}

impl Report {
    /// The figures that are missed without a waiver.
    #[must_use]
    pub fn missed(&self) -> Vec<&Figure> {
        let missed = |figure: &&Figure| figure.verdict(&self.waivers) == Verdict::Missed;
        self.figures.iter().filter(missed).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.machine {
            writeln!(f, "{name}: {value}")?;
        }
        let (rounds, seconds) = self.rounds;
        writeln!(
            f,
            "{rounds} rounds of {seconds} s, taking turns; medians, (spread)\n"
        )?;
        let head = [
            "figure", "what", "ours", "beside", "value", "target", "verdict",
        ];
        line(f, &head.map(str::to_owned))?;
        for figure in &self.figures {
            line(f, &cells(figure, &self.waivers))?;
        }
        for skipped in &self.skipped {
            writeln!(f, "skipped: {skipped}")?;
        }
        for figure in &self.figures {
            if figure.verdict(&self.waivers) == Verdict::Waived {
                writeln!(f, "waived: {}: {}", figure.id, self.waivers.0[&figure.id])?;
            }
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, cells: &[String; 7]) -> fmt::Result {
    let [id, what, ours, beside, value, target, verdict] = cells;
    writeln!(
        f,
        "{id:<18} {what:<34} {ours:>16}  {beside:<34} {value:>7}  {target:<8} {verdict}"
    )
}

fn cells(figure: &Figure, waivers: &Waivers) -> [String; 7] {
    let shown = |side: &Contender| {
        let spread = side.spread() * 100.0;
        format!("{} ({spread:.0} %)", rounded(side.median()))
    };
    let beside = figure.peer.as_ref();
    [
        figure.id.clone(),
        figure.what.clone(),
        shown(&figure.ours),
        beside.map_or(String::new(), |peer| {
            format!("{} {}", peer.name, shown(peer))
        }),
        format!("{:.2}", figure.value),
        match figure.target {
            Target::AtLeast(least) => format!(">= {least}"),
            Target::AtMost(most) => format!("<= {most}"),
            Target::None => String::new(),
        },
        format!("{:?}", figure.verdict(waivers)).to_lowercase(),
    ]
}

/// Whole from a hundred on, else with the digits that matter.
fn rounded(figure: f64) -> String {
    if figure.abs() >= 100.0 {
        format!("{figure:.0}")
    } else {
        format!("{figure:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, target: Target) -> Figure {
        let mut race = Race::default();
        race.note("ours", value);
        Figure::alone("row", "", &race, "ours", target).expect("it ran")
    }

    #[test]
    fn a_tenth_is_forgiven_and_more_needs_a_reason() {
        let none = Waivers::default();
        let reason = Waivers::parse("row because it is hard # see there\n\n# more\n");
        let reason = reason.expect("good lines");
        let at_least = |value| figure(value, Target::AtLeast(2.0));
        assert_eq!(at_least(2.0).verdict(&none), Verdict::Met);
        assert_eq!(at_least(1.8).verdict(&none), Verdict::Short);
        assert_eq!(at_least(1.79).verdict(&none), Verdict::Missed);
        assert_eq!(at_least(1.79).verdict(&reason), Verdict::Waived);
        let at_most = |value| figure(value, Target::AtMost(0.0));
        assert_eq!(at_most(0.0).verdict(&none), Verdict::Met);
        assert_eq!(at_most(0.1).verdict(&none), Verdict::Missed);
        assert!(Waivers::parse("row\n").is_err());
    }
}
