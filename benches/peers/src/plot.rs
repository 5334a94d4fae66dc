//! Plots as SVG, for light and for dark pages.

use std::fmt::Write;

/// One line of a plot.
pub struct Line {
    pub name: String,
    /// Places in the order of the legend, from 0.
    pub colour: usize,
    pub dashed: bool,
    /// Both from 1 up, since both axes are logarithmic.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;

/// Lines over logarithmic axes; `unit` names a value of the vertical one, which is in nanoseconds.
pub fn plot(title: &str, across: &str, lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let (least, most) = bounds(points().map(|point| point.0));
    let values = bounds(points().map(|point| point.1));
    // Whole powers of ten.
    let (low, high) = (values.0.log10().floor(), values.1.log10().ceil());
    let x = |value: f64| LEFT + (value / least).ln() / (most / least).ln() * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| {
        HEIGHT - BOTTOM - (value.log10() - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\n\
         <style>{STYLE}</style>\n<rect class=\"page\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
         <text class=\"title\" x=\"{LEFT}\" y=\"22\">{title}</text>\n"
    );
    let mut power = low;
    while power <= high {
        let (value, right) = (10_f64.powf(power), WIDTH - RIGHT);
        let at = y(value);
        draw(
            &mut svg,
            format_args!(
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/><text class=\"tick\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                LEFT - 8.0,
                at + 4.0,
                time(value)
            ),
        );
        power += 1.0;
    }
    let mut ticks: Vec<f64> = points().map(|point| point.0).collect();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    let mut after = f64::NEG_INFINITY;
    for value in ticks {
        let at = x(value);
        // Labels that would touch are left out.
        if at - after > 40.0 {
            draw(
                &mut svg,
                format_args!(
                    "<text class=\"tick\" text-anchor=\"middle\" x=\"{at:.1}\" y=\"{:.1}\">{value}</text>",
                    HEIGHT - BOTTOM + 18.0
                ),
            );
            after = at;
        }
    }
    draw(
        &mut svg,
        format_args!(
            "<text class=\"tick\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{across}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 12.0
        ),
    );
    for line in lines {
        let at: Vec<String> =
            line.points.iter().map(|(a, b)| format!("{:.1} {:.1}", x(*a), y(*b))).collect();
        let dashed = if line.dashed { " dashed" } else { "" };
        draw(
            &mut svg,
            format_args!("<path class=\"line c{}{dashed}\" d=\"M{}\"/>", line.colour, at.join("L")),
        );
        for (a, b) in &line.points {
            draw(
                &mut svg,
                format_args!(
                    "<circle class=\"c{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>",
                    line.colour,
                    x(*a),
                    y(*b)
                ),
            );
        }
    }
    legend(&mut svg, lines, y);
    svg + "</svg>\n"
}

/// The names at the right, by the height of the last points, moved apart where they would touch.
fn legend(svg: &mut String, lines: &[Line], y: impl Fn(f64) -> f64) {
    let last = |line: &Line| y(line.points.last().map_or(1.0, |point| point.1));
    let mut names: Vec<(f64, &Line)> = lines.iter().map(|line| (last(line), line)).collect();
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = TOP - 16.0;
    for (at, line) in names {
        let at = at.max(above + 16.0);
        above = at;
        draw(
            svg,
            format_args!(
                "<text class=\"name t{}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                line.colour,
                WIDTH - RIGHT + 12.0,
                at + 4.0,
                line.name
            ),
        );
    }
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, 0.0), |(low, high), value| (value.min(low), value.max(high)))
}

fn draw(svg: &mut String, element: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(svg, "{element}");
}

/// A time in the unit that suits it.
pub fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        below if below < 1e3 => (nanoseconds, "ns"),
        below if below < 1e6 => (nanoseconds / 1e3, "µs"),
        below if below < 1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    let digits = if value < 9.95 && value.fract() > 0.0 { 1 } else { 0 };
    format!("{value:.digits$} {unit}")
}

/// Colours that are told apart by people who see few: Okabe and Ito's.
const STYLE: &str = "\
.page{fill:#fff}.title{font:600 15px sans-serif;fill:#1f2328}.tick,.name{font:12px sans-serif;fill:#59636e}\
.grid{stroke:#d1d9e0;fill:none}.line{fill:none;stroke-width:2}.dashed{stroke-dasharray:5 4}\
.c0{stroke:#0072b2}.c1{stroke:#1f2328}.c2{stroke:#009e73}.c3{stroke:#d55e00}.c4{stroke:#cc79a7}.c5{stroke:#e69f00}\
.t0{fill:#0072b2;font-weight:600}.t1{fill:#1f2328}.t2{fill:#007a59}.t3{fill:#b84f00}.t4{fill:#a5567f}.t5{fill:#8f6400}\
circle.c0{fill:#0072b2}circle.c1{fill:#1f2328}circle.c2{fill:#009e73}circle.c3{fill:#d55e00}circle.c4{fill:#cc79a7}circle.c5{fill:#e69f00}\
@media (prefers-color-scheme:dark){.page{fill:#0d1117}.title{fill:#f0f6fc}.tick,.name{fill:#9198a1}.grid{stroke:#30363d}\
.c1{stroke:#f0f6fc}circle.c1{fill:#f0f6fc}.t1{fill:#f0f6fc}.c0{stroke:#56b4e9}circle.c0{fill:#56b4e9}.t0{fill:#56b4e9}\
.t2{fill:#2fc398}.t3{fill:#ff8a3d}.t4{fill:#e39cc0}.t5{fill:#f0b429}}";
