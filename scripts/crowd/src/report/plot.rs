//! Plots as inline SVG: lines over an axis that begins at nothing, and an optional band.

use super::scale::{Scale, Steps, number};

pub(crate) const WIDTH: f64 = 440.0;
pub(crate) const HEIGHT: f64 = 220.0;
/// Room for the numbers of the axes.
const LEFT: f64 = 52.0;
pub(super) const RIGHT: f64 = 14.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 40.0;
/// More points than pixels would only make the page large.
const MOST_POINTS: usize = 400;

/// One line of a plot.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// What lies between two lines.
pub(crate) struct Band {
    pub(crate) name: &'static str,
    /// x, the lower and the upper end.
    pub(crate) points: Vec<(f64, f64, f64)>,
}

/// Lines over one axis. The style sheet gives them their colours by their order.
pub(crate) struct Plot {
    pub(crate) title: &'static str,
    pub(crate) says: &'static str,
    pub(crate) x: &'static str,
    pub(crate) x_steps: Steps,
    pub(crate) y: &'static str,
    pub(crate) lines: Vec<Line>,
    pub(crate) band: Option<Band>,
}

impl Plot {
    /// The figure with title, legend and SVG; a sentence when there is nothing to show.
    pub(super) fn figure(&self) -> String {
        let Plot { title, says, y, .. } = self;
        let drawn = if self.lines.iter().all(|line| line.points.is_empty()) {
            "<p class=\"none\">Nothing was measured.</p>".to_owned()
        } else {
            self.legend() + &self.svg()
        };
        format!("<figure><h2>{title} <small>({y})</small></h2><p>{says}</p>{drawn}</figure>\n")
    }

    fn legend(&self) -> String {
        let lines = (1..)
            .zip(&self.lines)
            .map(|(number, line)| format!("<span class=\"key k{number}\">{}</span>", line.name));
        let band = self
            .band
            .iter()
            .map(|band| format!("<span class=\"key kband\">{}</span>", band.name));
        format!(
            "<p class=\"legend\">{}</p>",
            lines.chain(band).collect::<String>()
        )
    }

    pub(crate) fn svg(&self) -> String {
        let (x, y) = self.scales();
        let name = self.title;
        let open =
            format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\">");
        let band = self.band.iter().map(|band| draw_band(band, &x, &y));
        let lines = (1..).zip(&self.lines);
        let lines = lines.map(|(number, line)| draw_line(line, number, &x, &y));
        let drawn: String = band.chain(lines).collect();
        [open, self.axes(&x, &y), drawn, "</svg>".to_owned()].concat()
    }

    fn scales(&self) -> (Scale, Scale) {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let band = || self.band.iter().flat_map(|band| &band.points);
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
        let right = WIDTH - RIGHT;
        let furthest = most(&mut points().map(|point| point.0));
        let x = match self.x_steps {
            Steps::Even => Scale::new(furthest, LEFT, right),
            Steps::Powers => {
                let nearest = points().map(|point| point.0).fold(furthest, f64::min);
                Scale::powers(nearest, furthest, LEFT, right)
            }
        };
        let highest = most(&mut points().map(|point| point.1));
        let highest = highest.max(most(&mut band().map(|point| point.2)));
        (x, Scale::new(highest, HEIGHT - BOTTOM, TOP))
    }

    fn axes(&self, x: &Scale, y: &Scale) -> String {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        let (beside, below) = (LEFT - 6.0, bottom + 15.0);
        let rows = y.ticks().map(|tick| {
            let (at, text) = (y.at(tick), number(tick));
            format!(
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>\
                 <text class=\"y\" x=\"{beside}\" y=\"{at:.1}\">{text}</text>"
            )
        });
        let columns = x.ticks().map(|tick| {
            let (at, text) = (x.at(tick), number(tick));
            format!("<text class=\"x\" x=\"{at:.1}\" y=\"{below}\">{text}</text>")
        });
        let (middle, low) = (f64::midpoint(LEFT, right), HEIGHT - 6.0);
        let names = format!(
            "<path class=\"axis\" d=\"M{LEFT} {bottom}H{right}\"/>\
             <text class=\"x name\" x=\"{middle}\" y=\"{low}\">{}</text>",
            self.x
        );
        rows.chain(columns).chain([names]).collect()
    }
}

fn draw_line(line: &Line, number: usize, x: &Scale, y: &Scale) -> String {
    let corner = |(at, value)| format!("{:.1} {:.1}", x.at(at), y.at(value));
    let corners: Vec<String> = thinned(&line.points).map(corner).collect();
    format!(
        "<path class=\"line l{number}\" d=\"M{}\"/>",
        corners.join("L")
    )
}

fn draw_band(band: &Band, x: &Scale, y: &Scale) -> String {
    let lower = band.points.iter().map(|(at, lower, _)| (*at, *lower));
    let upper = band.points.iter().rev().map(|(at, _, upper)| (*at, *upper));
    let corner = |(at, value)| format!("{:.1},{:.1} ", x.at(at), y.at(value));
    let corners: String = lower.chain(upper).map(corner).collect();
    format!("<polygon class=\"band\" points=\"{corners}\"/>")
}

/// Every so-manyth point, and the last.
fn thinned(points: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points
        .last()
        .filter(|_| !(points.len().max(1) - 1).is_multiple_of(step));
    points.iter().step_by(step).chain(last).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: Vec<(f64, f64)>) -> Plot {
        Plot {
            title: "T",
            says: "S",
            x: "s",
            x_steps: Steps::Even,
            y: "fans",
            lines: vec![Line {
                name: "waiting",
                points,
            }],
            band: None,
        }
    }

    #[test]
    fn a_line_goes_from_corner_to_corner_of_its_scale() {
        let figure = plot(vec![(0.0, 0.0), (10.0, 100.0)]).figure();
        assert!(figure.contains("d=\"M52.0 180.0L426.0 10.0\""), "{figure}");
        assert!(figure.contains("<span class=\"key k1\">waiting</span>"));
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        assert!(plot(Vec::new()).figure().contains("Nothing was measured"));
    }

    #[test]
    fn a_long_line_is_thinned_and_keeps_its_ends() {
        let points: Vec<(f64, f64)> = (0..10_000).map(|at| (f64::from(at), 1.0)).collect();
        let thin: Vec<(f64, f64)> = thinned(&points).collect();
        assert!(thin.len() <= MOST_POINTS + 1, "{}", thin.len());
        assert_eq!((thin.first(), thin.last()), (points.first(), points.last()));
    }
}
