//! Line charts as SVG, small enough to keep beside the figures.

use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 130.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 36.0;

/// Points of all lines together. A point takes about 12 bytes, so a file stays below 30 KB.
const MAX_POINTS: usize = 1_800;

/// Colours that people with colour blindness tell apart (after Okabe and Ito).
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999"];

/// A chart over seconds.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Above it.
    pub title: &'static str,
    /// Beside the upright axis.
    pub unit: &'static str,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line of a chart.
#[derive(Debug, Clone)]
pub struct Line {
    /// Beside it.
    pub name: String,
    /// Seconds and values.
    pub points: Vec<(f64, f64)>,
}

impl Chart {
    /// The chart as a document.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let scale = Scale {
            x: nice(points().map(|point| point.0).fold(1.0, f64::max)),
            y: nice(points().map(|point| point.1).fold(1e-3, f64::max)),
        };
        let mut svg = String::new();
        // Writing to a string can't fail.
        let _infallible = self.draw(&scale, &mut svg);
        svg
    }

    fn draw(&self, scale: &Scale, svg: &mut String) -> std::fmt::Result {
        writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">"#
        )?;
        writeln!(svg, r##"<rect width="100%" height="100%" fill="#fff"/>"##)?;
        let title = format!("{} ({})", escape(self.title), escape(self.unit));
        writeln!(svg, r#"<text x="{LEFT}" y="18" font-size="14">{title}</text>"#)?;
        scale.draw_grid(svg)?;
        let budget = MAX_POINTS / self.lines.len().max(1);
        for ((at, line), colour) in self.lines.iter().enumerate().zip(COLOURS.iter().cycle()) {
            write!(svg, r#"<polyline fill="none" stroke="{colour}" stroke-width="1.5" points=""#)?;
            for point in thinned(&line.points, budget) {
                write!(svg, "{:.1},{:.1} ", scale.x(point.0), scale.y(point.1))?;
            }
            writeln!(svg, r#""/>"#)?;
            #[expect(clippy::cast_precision_loss, reason = "a chart has a handful of lines")]
            let y = TOP + 14.0 * (at as f64 + 0.5);
            let x = WIDTH - RIGHT + 10.0;
            let name = escape(&line.name);
            writeln!(svg, r#"<text x="{x}" y="{y}" fill="{colour}">{name}</text>"#)?;
        }
        writeln!(svg, "</svg>")
    }
}

/// From values to places.
struct Scale {
    x: f64,
    y: f64,
}

impl Scale {
    fn x(&self, seconds: f64) -> f64 {
        LEFT + seconds / self.x * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - value / self.y * (HEIGHT - TOP - BOTTOM)
    }

    fn draw_grid(&self, svg: &mut String) -> std::fmt::Result {
        for step in 0..=5 {
            let share = f64::from(step) / 5.0;
            let (y, x) = (self.y(self.y * share), self.x(self.x * share));
            let right = WIDTH - RIGHT;
            writeln!(svg, r##"<path d="M{LEFT} {y:.1}H{right}" stroke="#ddd"/>"##)?;
            let (label, at) = (number(self.y * share), LEFT - 6.0);
            writeln!(svg, r#"<text x="{at}" y="{:.1}" text-anchor="end">{label}</text>"#, y + 4.0)?;
            let (label, at) = (number(self.x * share), HEIGHT - BOTTOM + 16.0);
            writeln!(svg, r#"<text x="{x:.1}" y="{at}" text-anchor="middle">{label} s</text>"#)?;
        }
        Ok(())
    }
}

/// The next number of the form 1, 2, 2.5, 5 times a power of ten, so that a fifth of it is readable.
fn nice(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|&nice| nice >= value).unwrap_or(value)
}

fn number(value: f64) -> String {
    let text = if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") };
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// At most so many points: the highest of each run of neighbours, so that no peak is lost.
fn thinned(points: &[(f64, f64)], limit: usize) -> Vec<(f64, f64)> {
    let run = points.len().div_ceil(limit.max(1)).max(1);
    let highest = |run: &[(f64, f64)]| run.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1));
    points.chunks(run).filter_map(highest).collect()
}

/// The text as it may stand in a document.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_nice(value: f64, expected: &str) {
        assert_eq!(number(nice(value)), expected);
    }

    #[test]
    fn axes_end_at_readable_numbers() {
        check_nice(31.0, "50");
        check_nice(9_100.0, "10000");
        check_nice(0.013, "0.02");
        check_nice(2.1, "2.5");
    }

    #[test]
    fn a_long_run_stays_small_and_keeps_its_peak() {
        let mut points: Vec<_> = (0..100_000).map(|at| (f64::from(at), 1.0)).collect();
        points[54_321].1 = 9.0;
        let line = |name: &str| Line { name: name.to_owned(), points: points.clone() };
        let lines = ["a", "b", "c", "d", "e", "f", "g"].map(line).into();
        let svg = Chart { title: "long", unit: "cores", lines }.to_svg();
        assert!(svg.len() < 30_000, "{}", svg.len());
        assert!(thinned(&points, 250).iter().any(|point| point.1 > 8.0));
    }

    #[test]
    fn names_cannot_break_the_document() {
        let lines = vec![Line { name: "<b>&".to_owned(), points: vec![(0.0, 0.0)] }];
        let svg = Chart { title: "t", unit: "u", lines }.to_svg();
        assert!(svg.contains("&lt;b&gt;&amp;") && !svg.contains("NaN"));
    }
}
