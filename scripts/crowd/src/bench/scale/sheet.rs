//! The sizes as plots beside each other, one SVG that needs nothing else.

use std::fmt::Write as _;

use super::AtSize;
use crate::report::plot::{HEIGHT, Line, Plot, WIDTH};
use crate::report::scale::Steps;

const TITLE: f64 = 44.0;
const GAP: f64 = 24.0;
/// Light and dark, as the reader has it; the same names as in the page of a load.
const STYLE: &str = "\
    svg { --paper: #fcfcfb; --ink: #1c1d20; --soft: #62666d; --rule: #dddfe3; \
          --c1: #2459c4; --c2: #c2570c; } \
    @media (prefers-color-scheme: dark) { svg { --paper: #17181b; --ink: #ececee; \
          --soft: #a2a6ad; --rule: #3a3d43; --c1: #7aa5ff; --c2: #f59b56; } } \
    text { font: 11px system-ui, sans-serif; fill: var(--soft); } \
    text.title { font-size: 14px; font-weight: 600; fill: var(--ink); } \
    text.x { text-anchor: middle; } text.y { text-anchor: end; dominant-baseline: middle; } \
    .paper { fill: var(--paper); } .grid { stroke: var(--rule); fill: none; } \
    .axis { stroke: var(--soft); fill: none; } .line { fill: none; stroke-width: 2; } \
    .l1 { stroke: var(--c1); } .l2 { stroke: var(--c2); } \
    text.k1 { fill: var(--c1); } text.k2 { fill: var(--c2); }";

/// Four plots in two columns.
pub(super) fn sheet(sizes: &[AtSize]) -> String {
    let plots = plots(sizes);
    let (wide, high) = (WIDTH + GAP, HEIGHT + TITLE + GAP);
    let (width, height) = (2.0 * wide + GAP, 2.0 * high + GAP);
    let mut sheet = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\">\n\
         <style>{STYLE}</style>\n<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n"
    );
    let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
    for (plot, (column, row)) in plots.iter().zip(corners) {
        let (left, top) = (GAP + column * wide, GAP + row * high);
        let drawn = plot.svg();
        let placed = format!("<svg x=\"0\" y=\"{TITLE}\" width=\"{WIDTH}\" height=\"{HEIGHT}\"");
        // Writing to a string cannot fail.
        let _infallible = writeln!(
            sheet,
            "<g transform=\"translate({left} {top})\">\
             <text class=\"title\" x=\"0\" y=\"14\">{} ({})</text>{}{}</g>",
            plot.title,
            plot.y,
            legend(plot),
            drawn.replacen("<svg", &placed, 1)
        );
    }
    sheet + "</svg>\n"
}

fn legend(plot: &Plot) -> String {
    let mut left = 0;
    let mut legend = String::new();
    for (number, line) in (1..).zip(&plot.lines) {
        let _infallible = write!(
            legend,
            "<text class=\"k{number}\" x=\"{left}\" y=\"34\">{}</text>",
            line.name
        );
        left += 110;
    }
    legend
}

fn plots(sizes: &[AtSize]) -> [Plot; 4] {
    let line = |name, value: fn(&AtSize) -> f64| Line {
        name,
        points: sizes.iter().map(|size| (fans(size), value(size))).collect(),
    };
    let over_fans = |title, y, lines| Plot {
        title,
        says: "",
        x: "fans in line",
        x_steps: Steps::Powers,
        y,
        lines,
        band: None,
    };
    [
        over_fans(
            "Requests",
            "a second",
            vec![
                line("polls", |size| size.polls_per_second),
                line("joins", |size| size.joins_per_second),
            ],
        ),
        over_fans(
            "A poll, at 1,000 a second",
            "ms",
            vec![
                line("half take less", |size| size.poll_p50_ms),
                line("99 of 100", |size| size.poll_p99_ms),
            ],
        ),
        over_fans(
            "A tick of the picture",
            "ms",
            vec![line("on average", |size| size.tick_ms)],
        ),
        over_fans(
            "Memory a fan",
            "bytes",
            vec![
                line("Redis", |size| size.redis_bytes_a_fan),
                line("gateway", |size| size.gateway_bytes_a_fan),
            ],
        ),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
const fn fans(size: &AtSize) -> f64 {
    size.fans as f64
}
