//! Latency by call as a picture: from the usual to the unusual, on a logarithmic axis, since a slow
//! call takes a thousand times as long as a quick one.

use super::plot::{RIGHT, WIDTH};
use crate::load::Quantiles;

/// Room for the names of the calls.
const LEFT: f64 = 60.0;
const ROW: f64 = 20.0;
/// The axis begins here, in ms: nothing over HTTP is quicker.
const LEAST_MS: f64 = 0.1;

/// The figure: for each call a line from p50 over p99 to the longest.
pub(super) fn figure(calls: &[Quantiles]) -> String {
    let most = calls.iter().map(|call| call.max).fold(1.0, f64::max);
    let decades = (most / LEAST_MS).log10().ceil();
    let x = |ms: f64| {
        let share = (ms.max(LEAST_MS) / LEAST_MS).log10() / decades;
        LEFT + (WIDTH - RIGHT - LEFT) * share
    };
    let bottom = ROW * count(calls.len()) + 6.0;
    let rows = (0..).zip(calls).map(|(number, call)| {
        let at = ROW * f64::from(number) + ROW / 2.0;
        let [half, most, longest] = [call.p50, call.p99, call.max].map(x);
        format!(
            "<text class=\"y\" x=\"{:.1}\" y=\"{at:.1}\">{}</text>\
             <path class=\"line l1\" d=\"M{half:.1} {at:.1}H{longest:.1}\"/>\
             <circle class=\"d1\" cx=\"{half:.1}\" cy=\"{at:.1}\" r=\"4\"/>\
             <circle class=\"d2\" cx=\"{most:.1}\" cy=\"{at:.1}\" r=\"4\"/>",
            LEFT - 6.0,
            call.call
        )
    });
    let ticks = std::iter::successors(Some(LEAST_MS), |ms| Some(ms * 10.0));
    let ticks = ticks.take_while(|ms| *ms <= most * 10.0).map(|ms| {
        let at = x(ms);
        format!(
            "<path class=\"grid\" d=\"M{at:.1} 0V{bottom}\"/>\
             <text class=\"x\" x=\"{at:.1}\" y=\"{}\">{}</text>",
            bottom + 14.0,
            // 0.1 and above have at most one digit after the point.
            (ms * 10.0).round() / 10.0
        )
    });
    let drawn: String = ticks.chain(rows).collect();
    format!(
        "<figure><h2>Latency by call <small>(ms)</small></h2>\
         <p>The line ends at the longest call. The axis is logarithmic.</p>\
         <p class=\"legend\"><span class=\"key k1\">p50</span>\
         <span class=\"key k2\">p99</span></p>\
         <svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"Latency by call\">{drawn}</svg>\
         </figure>\n",
        bottom + 22.0
    )
}

#[expect(clippy::cast_precision_loss, reason = "there are nine calls")]
const fn count(calls: usize) -> f64 {
    calls as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_long_is_one_step_of_the_axis() {
        let (p50, p99, max) = (0.1, 1.0, 10.0);
        let call = Quantiles {
            call: "join",
            count: 1,
            p50,
            p90: p50,
            p99,
            p999: p99,
            max,
        };
        let figure = figure(&[call]);
        for (class, at) in [("d1", "60.0"), ("d2", "243.0")] {
            let dot = format!("<circle class=\"{class}\" cx=\"{at}\"");
            assert!(figure.contains(&dot), "{dot} in {figure}");
        }
        assert!(figure.contains("H426.0"), "{figure}");
    }
}
