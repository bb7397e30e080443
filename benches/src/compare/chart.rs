//! The figures as bars: two for each, against the larger of them.

use std::fmt::{self, Write as _};

use super::Product;
use super::figures::{FIGURES, Figure, readable};
use super::page::Pair;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 200.0;
/// The longest bar; what follows is room for its value.
const LONGEST: f64 = 380.0;
const TOP: f64 = 46.0;
const BAR: f64 = 9.0;
/// Each figure has two bars and a gap.
const ROW: f64 = 26.0;
/// The line that names the envelopes.
const TITLE: f64 = 24.0;

fn colour(product: Product) -> &'static str {
    match product {
        Product::Bugsink => "#d55e00",
        Product::Errata => "#0072b2",
    }
}

/// All figures of all pairs.
#[must_use]
pub fn svg(pairs: &[Pair]) -> String {
    let mut svg = String::new();
    // Writing to a string can't fail.
    let _infallible = draw(pairs, &mut svg);
    svg
}

fn draw(pairs: &[Pair], svg: &mut String) -> fmt::Result {
    #[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
    let height = TOP + pairs.len() as f64 * (TITLE + ROW * FIGURES.len() as f64) + 10.0;
    writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>"##
    )?;
    writeln!(svg, r#"<text x="10" y="18" font-size="14">The same load, the same machine</text>"#)?;
    for (product, x) in [(Product::Bugsink, LEFT), (Product::Errata, LEFT + 70.0)] {
        let (name, colour) = (product.name(), colour(product));
        writeln!(svg, r#"<text x="{x}" y="36" fill="{colour}">{name}</text>"#)?;
    }
    let mut y = TOP;
    for pair in pairs {
        let title = pair.title();
        writeln!(svg, r#"<text x="10" y="{:.1}" font-weight="bold">{title}</text>"#, y + 14.0)?;
        y += TITLE;
        for figure in &FIGURES {
            draw_figure(figure, pair, y, svg)?;
            y += ROW;
        }
    }
    writeln!(svg, "</svg>")
}

fn draw_figure(figure: &Figure, pair: &Pair, y: f64, svg: &mut String) -> fmt::Result {
    let Figure { name, unit, .. } = figure;
    let (x, middle) = (LEFT - 8.0, y + BAR + 3.0);
    writeln!(svg, r#"<text x="{x}" y="{middle:.1}" text-anchor="end">{name}</text>"#)?;
    let turns = [&pair.bugsink, &pair.errata];
    let most = turns.map(|turn| (figure.of)(turn)).into_iter().fold(f64::EPSILON, f64::max);
    for (turn, top) in turns.into_iter().zip([y, y + BAR + 1.0]) {
        let (value, colour) = ((figure.of)(turn), colour(turn.product));
        let width = value / most * LONGEST;
        writeln!(
            svg,
            r#"<rect x="{LEFT}" y="{top:.1}" width="{width:.1}" height="{BAR}" fill="{colour}"/>"#
        )?;
        let (x, base, text) = (LEFT + width + 5.0, top + BAR - 0.5, readable(value));
        writeln!(svg, r#"<text x="{x:.1}" y="{base:.1}" font-size="10">{text} {unit}</text>"#)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::figures::tests::turn;

    #[test]
    fn the_larger_of_two_has_the_longest_bar() {
        let (bugsink, errata) = (turn(Product::Bugsink, 500, 40), turn(Product::Errata, 5_000, 10));
        let svg = svg(&[Pair { bugsink, errata }]);
        assert_eq!(svg.matches("<rect x=").count(), 2 * FIGURES.len());
        assert!(svg.contains(r#"width="38.0""#) && svg.contains(r#"width="380.0""#), "{svg}");
        assert!(svg.contains("500 events/s") && !svg.contains("NaN"));
    }
}
