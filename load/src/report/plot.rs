//! Plots as inline SVG: lines over seconds, with what was broken as bands behind them.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 62.0;
const BOTTOM: f64 = 22.0;
const TOP: f64 = 8.0;
/// Told apart also by those who see few colours.
const COLOURS: [&str; 8] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933",
];

/// A named line: points of second and value.
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// One plot. `bands` are stretches of time with a name; `show` writes a value with its unit.
pub(super) fn plot(
    title: &str,
    curves: &[Curve],
    bands: &[(String, f64, f64)],
    show: &dyn Fn(f64) -> String,
) -> String {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let last = points().map(|(at, _)| *at).fold(1.0, f64::max);
    let most = points().map(|(_, value)| *value).fold(0.0, f64::max);
    if points().next().is_none() {
        return String::new();
    }
    let most = round_up(most);
    let x = |at: f64| LEFT + (WIDTH - LEFT - 8.0) * at / last;
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / most);
    let mut svg = format!(
        "<figure><figcaption>{}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">",
        escape(title)
    );
    for (what, from, to) in bands {
        let width = (x(*to) - x(*from)).max(2.0);
        let _ = write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{:.1}\" class=\"band\"><title>{}</title></rect>",
            x(*from),
            HEIGHT - TOP - BOTTOM,
            escape(what)
        );
    }
    for step in 0..=4 {
        let value = most * f64::from(step) / 4.0;
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{1:.1}\" y2=\"{1:.1}\" class=\"grid\"/><text x=\"{2}\" y=\"{3:.1}\" text-anchor=\"end\">{4}</text>",
            WIDTH - 8.0,
            y(value),
            LEFT - 6.0,
            y(value) + 4.0,
            escape(&show(value))
        );
    }
    for step in 0..=6 {
        let at = last * f64::from(step) / 6.0;
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{at:.0} s</text>",
            x(at),
            HEIGHT - 6.0
        );
    }
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let mut path = String::new();
        for (at, value) in &curve.points {
            let _ = write!(path, "{:.1},{:.1} ", x(*at), y(*value));
        }
        let _ = write!(
            svg,
            "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
        );
    }
    svg.push_str("</svg><p class=\"legend\">");
    for (curve, colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        let _ = write!(
            svg,
            "<span><i style=\"background:{colour}\"></i>{}</span> ",
            escape(&curve.name)
        );
    }
    svg.push_str("</p></figure>\n");
    svg
}

/// The next of 1, 2, 5, 10, … above a value.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let scale = 10_f64.powf(value.log10().floor());
    let lead = [1.0, 2.0, 5.0, 10.0];
    let lead = lead.into_iter().find(|lead| lead * scale >= value);
    lead.unwrap_or(10.0) * scale
}

/// For HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
