//! Scales: where a value lies on an axis, and which round numbers are written beside it.

/// An axis has about so many numbers.
const TICKS: f64 = 5.0;

/// How the values lie on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steps {
    /// Evenly, from 0.
    Even,
    /// By powers of ten, from the largest one below the smallest value.
    Powers,
}

/// An axis that ends at the largest value or a bit above.
pub(super) struct Scale {
    steps: Steps,
    begin: f64,
    end: f64,
    step: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// For values up to `most`, from one pixel to another.
    pub(super) fn new(most: f64, from: f64, to: f64) -> Self {
        let most = if most > 0.0 { most } else { 1.0 };
        let step = round_step(most / TICKS);
        // The ends of a line touch the ends of the axis when the values are round.
        let end = (most / step).ceil() * step;
        Self {
            steps: Steps::Even,
            begin: 0.0,
            end,
            step,
            from,
            to,
        }
    }

    /// For values between these, both above 0, by powers of ten.
    pub(super) fn powers(least: f64, most: f64, from: f64, to: f64) -> Self {
        let begin = least.max(f64::MIN_POSITIVE).log10().floor();
        Self {
            steps: Steps::Powers,
            begin,
            end: most.log10().ceil().max(begin + 1.0),
            step: 1.0,
            from,
            to,
        }
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = match self.steps {
            Steps::Even => value,
            Steps::Powers => value.log10(),
        };
        let share = (value - self.begin) / (self.end - self.begin);
        self.from + (self.to - self.from) * share
    }

    /// The round numbers.
    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> {
        let (begin, step, end, steps) = (self.begin, self.step, self.end, self.steps);
        (0..)
            .map(move |number| begin + f64::from(number) * step)
            .take_while(move |tick| *tick <= end * 1.000_001)
            .map(move |tick| match steps {
                Steps::Even => tick,
                Steps::Powers => 10_f64.powf(tick),
            })
    }
}

/// 1, 2 or 5 times a power of ten, at least this much.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= least * 0.999_999);
    factor.unwrap_or(10.0) * power
}

/// A number for people: 12,345 or 0.25.
pub(super) fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 10.0 && value.fract().abs() > 1e-9 {
        let text = format!("{value:.2}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_an_axis_are_round_and_reach_the_end() {
        let ticks: Vec<f64> = Scale::new(9_870.0, 0.0, 1.0).ticks().collect();
        assert_eq!(ticks, [0.0, 2_000.0, 4_000.0, 6_000.0, 8_000.0, 10_000.0]);
        let small: Vec<f64> = Scale::new(0.5, 0.0, 1.0).ticks().collect();
        assert_eq!(small.len(), 6);
        assert_eq!(Scale::new(0.0, 0.0, 1.0).ticks().count(), 6);
    }

    #[test]
    fn powers_of_ten_lie_evenly() {
        let scale = Scale::powers(1e3, 1e6, 0.0, 300.0);
        let ticks: Vec<f64> = scale.ticks().map(f64::round).collect();
        assert_eq!(ticks, [1e3, 1e4, 1e5, 1e6]);
        assert!((scale.at(1e4) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn numbers_are_written_for_people() {
        let told = [0.0, 0.25, 7.0, 999.0, 12_345.0, 1e6].map(number);
        assert_eq!(told, ["0", "0.25", "7", "999", "12,345", "1,000,000"]);
    }
}
