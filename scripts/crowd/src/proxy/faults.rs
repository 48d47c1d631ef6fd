//! What a network can do to a connection, and the words for it.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// A direction of a connection, as seen from the one who connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    There,
    /// From the server back to the client.
    Back,
}

/// In which direction nothing arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lost {
    /// Everything arrives.
    #[default]
    Nothing,
    /// One way only: the other side hears and cannot answer, or answers and is not heard.
    One(Way),
    /// A black hole.
    Both,
}

/// All faults of a proxy at one moment. None by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// How much later everything arrives, each way.
    pub latency: Duration,
    /// Up to so much more, by chance; what was sent first arrives first.
    pub jitter: Duration,
    /// What does not arrive at all.
    pub lost: Lost,
    /// A connection breaks when so many bytes have passed in a direction, counted from its start.
    pub cut: Option<(Way, u64)>,
    /// New connections are broken at once.
    pub refuses: bool,
    /// How often everything was reset so far.
    pub(super) resets: u64,
}

impl Faults {
    /// Whether bytes arrive in this direction.
    #[must_use]
    pub fn passes(&self, way: Way) -> bool {
        match self.lost {
            Lost::Nothing => true,
            Lost::One(lost) => lost != way,
            Lost::Both => false,
        }
    }

    /// How many bytes a connection may pass in this direction.
    #[must_use]
    pub fn allowance(&self, way: Way) -> u64 {
        match self.cut {
            Some((cut, bytes)) if cut == way => bytes,
            _ => u64::MAX,
        }
    }

    pub(super) fn heal(&mut self) {
        *self = Self {
            resets: self.resets,
            ..Self::default()
        };
    }

    pub(super) const fn reset(&mut self) {
        self.resets += 1;
    }

    /// Changes what a line says: `latency MS`, `jitter MS`, `lose there|back|both|nothing`,
    /// `cut there|back BYTES`, `refuse`, `reset`, `heal`.
    ///
    /// # Errors
    /// When it says something else; nothing is changed then.
    pub fn obey(&mut self, line: &str) -> anyhow::Result<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["latency", ms] => self.latency = millis(ms)?,
            ["jitter", ms] => self.jitter = millis(ms)?,
            ["lose", "nothing"] => self.lost = Lost::Nothing,
            ["lose", "both"] => self.lost = Lost::Both,
            ["lose", way] => self.lost = Lost::One(way.parse()?),
            ["cut", way, bytes] => self.cut = Some((way.parse()?, bytes.parse()?)),
            ["refuse"] => self.refuses = true,
            ["reset"] => self.reset(),
            ["heal"] => self.heal(),
            _ => bail!(
                "{line:?} is none of: latency MS, jitter MS, lose there|back|both|nothing, \
                 cut there|back BYTES, refuse, reset, heal"
            ),
        }
        Ok(())
    }
}

impl FromStr for Way {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "there" => Ok(Self::There),
            "back" => Ok(Self::Back),
            other => bail!("{other:?} is neither there nor back"),
        }
    }
}

fn millis(text: &str) -> anyhow::Result<Duration> {
    let number = text.parse().context("not a whole number of ms")?;
    Ok(Duration::from_millis(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_obeyed_and_others_change_nothing() {
        let mut faults = Faults::default();
        for line in ["latency 50", "lose back", "cut there 10", "refuse", "reset"] {
            faults.obey(line).expect("a good line");
        }
        assert_eq!(faults.latency, Duration::from_millis(50));
        assert!(faults.passes(Way::There) && !faults.passes(Way::Back));
        assert_eq!(faults.allowance(Way::There), 10);
        assert_eq!(faults.allowance(Way::Back), u64::MAX);
        let before = faults.clone();
        for line in ["latency", "latency x", "lose all", "cut 10", "explode", ""] {
            assert!(faults.obey(line).is_err(), "{line}");
        }
        assert_eq!(faults, before);
        faults.obey("heal").expect("a good line");
        assert_eq!((faults.refuses, faults.resets), (false, 1));
    }
}
