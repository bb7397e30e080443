//! Latencies as bars, on an axis that grows by factors of ten.

use std::fmt::Write as _;

use super::Figures;

const LEFT: f64 = 210.0;
const WIDTH: f64 = 760.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 46.0;
/// Each question has two bars of this height and a gap.
const BAR: f64 = 7.0;
const ROW: f64 = 20.0;

/// The axis, in milliseconds.
const LEAST: f64 = 0.1;
const MOST: f64 = 1_000.0;

const COLD: &str = "#d55e00";
const CACHED: &str = "#0072b2";

/// Every question's p50 as a solid bar and p99 as its pale end, computed above remembered.
#[must_use]
pub fn svg(figures: &[Figures]) -> String {
    let mut svg = String::new();
    // Writing to a string can't fail.
    let _infallible = draw(figures, &mut svg);
    svg
}

fn draw(figures: &[Figures], svg: &mut String) -> std::fmt::Result {
    #[expect(clippy::cast_precision_loss, reason = "a few dozen questions")]
    let height = TOP + ROW * figures.len() as f64 + 30.0;
    writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>"##
    )?;
    writeln!(
        svg,
        r#"<text x="10" y="18" font-size="14">Time to the whole answer (ms), p50 and, pale, p99</text>"#
    )?;
    writeln!(svg, r#"<text x="{LEFT}" y="36" fill="{COLD}">computed</text>"#)?;
    writeln!(svg, r#"<text x="280" y="36" fill="{CACHED}">from the cache</text>"#)?;
    for mark in [0.1, 1.0, 10.0, 100.0, 1_000.0] {
        let (x, bottom) = (place(mark), height - 24.0);
        writeln!(svg, r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#ddd"/>"##)?;
        writeln!(
            svg,
            r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{mark}</text>"#,
            height - 8.0
        )?;
    }
    let mut y = TOP + 4.0;
    for figure in figures {
        writeln!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
            LEFT - 8.0,
            y + 10.0,
            figure.name
        )?;
        let bars = [(Some(&figure.cold), COLD), (figure.cached.as_ref(), CACHED)];
        for (at, (latencies, colour)) in bars.into_iter().enumerate() {
            let Some(latencies) = latencies else { continue };
            let top = if at == 0 { y } else { y + BAR };
            for (share, opacity) in [(0.99, 0.35), (0.5, 1.0)] {
                let end = place(latencies.quantile(share).as_secs_f64() * 1e3);
                let width = end - LEFT;
                writeln!(
                    svg,
                    r#"<rect x="{LEFT}" y="{top:.1}" width="{width:.1}" height="{BAR}" fill="{colour}" opacity="{opacity}"/>"#
                )?;
            }
        }
        y += ROW;
    }
    writeln!(svg, "</svg>")
}

fn place(millis: f64) -> f64 {
    let share = (millis.clamp(LEAST, MOST) / LEAST).log10() / (MOST / LEAST).log10();
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::load::tally::Latencies;

    #[test]
    fn every_question_has_its_bars() {
        let mut cold = Latencies::default();
        cold.record(Duration::from_millis(10));
        let figures = [
            Figures { name: "list", cold: cold.clone(), cached: Some(cold.clone()) },
            Figures { name: "get", cold, cached: None },
        ];
        let svg = svg(&figures);
        assert_eq!(svg.matches("opacity").count(), 6);
        assert_eq!(place(1.0) - place(0.1), place(10.0) - place(1.0));
    }
}
