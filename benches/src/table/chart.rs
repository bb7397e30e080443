//! All figures relative to their bars, as one picture.

use std::fmt::{self, Write as _};

use crate::report::bars::{Bar, Good, Mark, Row};
use crate::report::plot::escape;

const LEFT: f64 = 390.0;
const WIDTH: f64 = 720.0;
const LINE: f64 = 20.0;
const TOP: f64 = 40.0;

/// What is further beyond its bar than this is cut.
const MOST: f64 = 2.5;

/// A figure and its bar, as a share of it: one is the bar, more is better.
struct Standing<'a> {
    row: &'a Row,
    bar: Bar,
    figure: f64,
}

/// The picture as a document.
#[must_use]
pub fn svg(rows: &[Row]) -> String {
    let standings: Vec<Standing<'_>> = rows.iter().filter_map(standing).collect();
    let mut svg = String::new();
    // Writing to a string can't fail.
    let _infallible = draw(&standings, &mut svg);
    svg
}

fn standing(row: &Row) -> Option<Standing<'_>> {
    let (bar, figure) = (row.bar?, row.figure?);
    // A bar of nothing has no share.
    (bar.bar > 0.0).then_some(Standing { row, bar, figure })
}

/// How far a value is on the good side of the bar.
fn share(bar: Bar, value: f64) -> f64 {
    let share = match bar.good {
        Good::AtLeast => value / bar.bar,
        Good::AtMost => bar.bar / value,
    };
    if share.is_finite() { share.clamp(0.0, MOST) } else { 0.0 }
}

fn draw(standings: &[Standing<'_>], svg: &mut String) -> fmt::Result {
    #[expect(clippy::cast_precision_loss, reason = "a table has some tens of lines")]
    let height = TOP + LINE * standings.len() as f64 + 10.0;
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">"#
    )?;
    writeln!(svg, r##"<rect width="100%" height="100%" fill="#fff"/>"##)?;
    writeln!(
        svg,
        r#"<text x="10" y="18" font-size="14">Figures as shares of their bars (line: the bar; tick: the stretch; more is better)</text>"#
    )?;
    let mut y = TOP;
    for standing in standings {
        draw_one(standing, y, svg)?;
        y += LINE;
    }
    let bar = x(1.0);
    writeln!(svg, r##"<path d="M{bar:.1} {TOP}V{y:.1}" stroke="#000"/>"##)?;
    writeln!(svg, "</svg>")
}

fn draw_one(standing: &Standing<'_>, y: f64, svg: &mut String) -> fmt::Result {
    let Standing { row, bar, figure } = standing;
    let colour = match bar.mark(*figure) {
        Mark::Missed => "#d55e00",
        Mark::Reached => "#56b4e9",
        Mark::Stretch => "#009e73",
    };
    let (middle, name) = (y + 13.0, escape(&row.what));
    let right = LEFT - 8.0;
    writeln!(svg, r#"<text x="{right}" y="{middle}" text-anchor="end">{name}</text>"#)?;
    let width = x(share(*bar, *figure)) - LEFT;
    writeln!(
        svg,
        r#"<rect x="{LEFT}" y="{}" width="{width:.1}" height="14" fill="{colour}"/>"#,
        y + 2.0
    )?;
    if let Some(stretch) = bar.stretch {
        let at = x(share(*bar, stretch));
        writeln!(svg, r##"<path d="M{at:.1} {y}v18" stroke="#777" stroke-dasharray="3"/>"##)?;
    }
    Ok(())
}

fn x(share: f64) -> f64 {
    LEFT + share / MOST * (WIDTH - LEFT - 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Bar = Bar { good: Good::AtLeast, bar: 100.0, stretch: Some(150.0) };
    const COST: Bar = Bar { good: Good::AtMost, bar: 100.0, stretch: Some(50.0) };

    #[track_caller]
    fn check_share(bar: Bar, value: f64, expected: f64) {
        assert!((share(bar, value) - expected).abs() < 1e-9, "{}", share(bar, value));
    }

    #[test]
    fn more_is_better_whatever_the_side() {
        check_share(RATE, 150.0, 1.5);
        check_share(COST, 50.0, 2.0);
        check_share(RATE, 1e9, MOST);
        check_share(COST, 0.0, 0.0);
        check_share(RATE, f64::NAN, 0.0);
    }

    #[test]
    fn only_what_has_a_figure_and_a_bar_is_drawn() {
        let row = |what: &str, figure, bar| Row {
            what: what.to_owned(),
            unit: "ms",
            decimals: 0,
            figure,
            bar,
        };
        let rows = [
            row("<a>", Some(1.0), Some(RATE)),
            row("b", None, Some(RATE)),
            row("c", Some(1.0), None),
        ];
        let svg = svg(&rows);
        assert!(svg.contains("&lt;a&gt;") && !svg.contains(">b<") && !svg.contains(">c<"));
    }
}
