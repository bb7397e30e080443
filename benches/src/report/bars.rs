//! What a measured figure is held against, and how it is told in a table. What is measured does not belong here.

use std::fmt::Write as _;

/// Which side of a bar is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Good {
    /// More is better.
    AtLeast,
    /// Less is better.
    AtMost,
}

/// What has to be reached, and what would be better still.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// The side to be on.
    pub good: Good,
    /// What has to be reached.
    pub bar: f64,
    /// What would be better still.
    pub stretch: Option<f64>,
}

/// How a figure stands against its bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// On the wrong side of the bar.
    Missed,
    /// The bar, but no stretch.
    Reached,
    /// The stretch, or beyond.
    Stretch,
}

impl Bar {
    /// How a figure stands; a figure that is not a number reaches nothing.
    #[must_use]
    pub fn mark(self, figure: f64) -> Mark {
        let reaches = |bar: f64| match self.good {
            Good::AtLeast => figure >= bar,
            Good::AtMost => figure <= bar,
        };
        match self.stretch {
            Some(stretch) if reaches(stretch) => Mark::Stretch,
            _ if reaches(self.bar) => Mark::Reached,
            _ => Mark::Missed,
        }
    }
}

impl Mark {
    /// The mark as it stands in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Reached => "reached",
            Self::Stretch => "stretch",
        }
    }
}

/// A line of the table: a figure, and what it is held against if anything.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What is measured.
    pub what: String,
    /// Unit of the figure and its bars.
    pub unit: &'static str,
    /// Digits after the point.
    pub decimals: usize,
    /// What was measured; nothing when it could not be.
    pub figure: Option<f64>,
    /// What it is held against.
    pub bar: Option<Bar>,
}

impl Row {
    /// A line about what could not be measured.
    #[must_use]
    pub fn failed(what: &str) -> Self {
        Self { what: what.to_owned(), unit: "", decimals: 0, figure: None, bar: None }
    }

    /// How the figure stands, where there is one and something to hold it against.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        Some(self.bar?.mark(self.figure?))
    }
}

/// The table in Markdown.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut table = String::from("| what | measured | bar | stretch | |\n|---|---|---|---|---|\n");
    for row in rows {
        let told = |figure: f64| format!("{figure:.*} {}", row.decimals, row.unit);
        let bar = row.bar.map_or_else(|| "–".to_owned(), |bar| told(bar.bar));
        let stretch = row.bar.and_then(|bar| bar.stretch).map_or_else(|| "–".to_owned(), told);
        let mark = row.mark().map_or("", Mark::word);
        let figure = row.figure.map_or_else(|| "**failed**".to_owned(), told);
        // Writing to a string can't fail.
        let _ = writeln!(table, "| {} | {figure} | {bar} | {stretch} | {mark} |", row.what);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Bar = Bar { good: Good::AtLeast, bar: 20_000.0, stretch: Some(25_000.0) };
    const COST: Bar = Bar { good: Good::AtMost, bar: 0.1, stretch: Some(0.07) };

    #[test]
    fn a_rate_reaches_its_bar_from_below() {
        let marks = [19_999.9, 20_000.0, 24_999.9, 25_000.0].map(|figure| RATE.mark(figure));
        assert_eq!(marks, [Mark::Missed, Mark::Reached, Mark::Reached, Mark::Stretch]);
    }

    #[test]
    fn a_cost_reaches_its_bar_from_above() {
        let marks = [0.11, 0.1, 0.08, 0.07].map(|figure| COST.mark(figure));
        assert_eq!(marks, [Mark::Missed, Mark::Reached, Mark::Reached, Mark::Stretch]);
    }

    #[test]
    fn without_a_stretch_a_bar_is_only_reached() {
        let bar = Bar { stretch: None, ..COST };
        assert_eq!([bar.mark(0.0), bar.mark(1.0)], [Mark::Reached, Mark::Missed]);
    }

    #[test]
    fn what_is_not_a_number_is_missed() {
        assert_eq!([RATE.mark(f64::NAN), COST.mark(f64::NAN)], [Mark::Missed; 2]);
    }

    #[test]
    fn a_row_tells_figure_bar_stretch_and_mark() {
        let row = |figure, bar| Row {
            what: "CPU".to_owned(),
            unit: "s",
            decimals: 2,
            figure: Some(figure),
            bar,
        };
        let table = markdown(&[row(0.08, Some(COST)), row(3.0, None), Row::failed("zipf")]);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        let expected = [
            "| CPU | 0.08 s | 0.10 s | 0.07 s | reached |",
            "| CPU | 3.00 s | – | – |  |",
            "| zipf | **failed** | – | – |  |",
        ];
        assert_eq!(lines, expected);
    }
}
