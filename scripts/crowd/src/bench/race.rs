//! Rounds: every contender once a round, taking turns, so that whatever else the machine does
//! meets all of them alike.

use serde::Serialize;

/// The results of one contender, by round.
#[derive(Debug, Clone, Serialize)]
pub struct Contender {
    /// Its name in the table.
    pub name: String,
    /// One result a round.
    pub results: Vec<f64>,
}

/// The results of all contenders of a row.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Race(Vec<Contender>);

impl Race {
    /// Notes one result.
    pub fn note(&mut self, name: &str, result: f64) {
        match self.0.iter_mut().find(|known| known.name == name) {
            Some(known) => known.results.push(result),
            None => self.0.push(Contender {
                name: name.to_owned(),
                results: vec![result],
            }),
        }
    }

    /// The contender of this name, if it ran.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&Contender> {
        self.0.iter().find(|contender| contender.name == name)
    }
}

impl Contender {
    /// The one in the middle; of an even number the lower one of both.
    #[must_use]
    pub fn median(&self) -> f64 {
        percentile(&self.results, 50)
    }

    /// How far lowest and highest are apart, as a share of the median.
    #[must_use]
    pub fn spread(&self) -> f64 {
        let median = self.median();
        if median == 0.0 {
            return 0.0;
        }
        (percentile(&self.results, 100) - percentile(&self.results, 0)) / median
    }
}

/// The smallest result that so many percent do not exceed; 0 when there is none.
#[must_use]
pub fn percentile(results: &[f64], percent: usize) -> f64 {
    let mut sorted = results.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_spread_are_those_of_the_rounds() {
        let mut race = Race::default();
        for result in [10.0, 30.0, 20.0] {
            race.note("a", result);
        }
        let contender = race.of("a").expect("it ran");
        assert!((contender.median() - 20.0).abs() < 1e-9);
        assert!((contender.spread() - 1.0).abs() < 1e-9);
        assert!(race.of("b").is_none());
    }
}
