//! Writes a condition in its canonical form, which reads as the same condition.
//!
//! Keywords stand in lower case with one space between them, numbers are as short as they can be,
//! windows are in words, lists of one value become `=` or `!=`, and values are quoted where they have
//! to be; the text of a message always is.

use std::fmt::{self, Display, Formatter, Write as _};

use super::filter::{Choice, Filter};
use super::tokens::is_bare;
use super::{Condition, Scope, Value, Window};

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} in {}", self.metric, self.comparison, self.value, self.window)?;
        for (index, filter) in self.filters.iter().enumerate() {
            let link = if index == 0 { "where" } else { "and" };
            write!(f, " {link} {filter}")?;
        }
        match self.scope {
            Scope::Project => Ok(()),
            Scope::EachError => f.write_str(" per error"),
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            // Shortest digits that read back as the same number, without an exponent.
            Self::Literal(number) => write!(f, "{number}"),
            Self::Threshold => f.write_str("threshold"),
        }
    }
}

impl Display for Window {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(span) => write!(f, "{span}"),
            Self::TimeWindow => f.write_str("time_window"),
        }
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(levels) => write!(f, "level {levels}"),
            Self::Source(sources) => write!(f, "source {sources}"),
            Self::Environment(environments) => write!(f, "environment {environments}"),
            Self::Release(releases) => write!(f, "release {releases}"),
            Self::Message(text) => write!(f, "message ~ {}", quoted(text)),
        }
    }
}

impl<T: Display> Display for Choice<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (one, several, values) = match self {
            Self::OneOf(values) => ("=", "in", values),
            Self::NoneOf(values) => ("!=", "not in", values),
        };
        let values: Vec<String> = values.iter().map(|value| as_value(&value.to_string())).collect();
        match values.as_slice() {
            [value] => write!(f, "{one} {value}"),
            values => write!(f, "{several} ({})", values.join(", ")),
        }
    }
}

fn as_value(text: &str) -> String {
    if is_bare(text) { text.to_owned() } else { quoted(text).to_string() }
}

/// The text between quotes.
pub(super) fn quoted(text: &str) -> impl Display {
    fmt::from_fn(move |f| {
        f.write_char('"')?;
        for c in text.chars() {
            if matches!(c, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        f.write_char('"')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, canonical: &str) {
        let condition: Condition = text.parse().unwrap();
        assert_eq!(condition.to_string(), canonical, "{text}");
        assert_eq!(canonical.parse(), Ok(condition), "{text}");
    }

    #[test]
    fn what_is_canonical_stays_as_it_is() {
        for text in [
            "error_count > 50 in 5 minutes",
            "error_count > threshold in time_window",
            "error_rate >= 2.5 in 1 hour where level = error and environment in (production, staging) \
             and message ~ \"timeout\" per error",
            "error_count_change < -20 in 2 days where release not in (\"\", 1.2.3, \"and\", \"a b\")",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn case_space_numbers_and_windows_have_one_form() {
        check(" ERROR_COUNT>050.0 IN 60m", "error_count > 50 in 1 hour");
        check("error_count\n>\t+2.50 in 24 hrs", "error_count > 2.5 in 1 day");
        check("error_count_change > -0 in 90min", "error_count_change > 0 in 90 minutes");
        check(
            "error_count > THRESHOLD In TIME_WINDOW PER Error",
            "error_count > threshold in time_window per error",
        );
        check("error_count < 1000000000000000 in 1m", "error_count < 1000000000000000 in 1 minute");
        check("error_count > 0.000001 in 1m", "error_count > 0.000001 in 1 minute");
    }

    #[track_caller]
    fn check_filter(filter: &str, canonical: &str) {
        check(
            &format!("error_count > 1 in 1m where {filter}"),
            &format!("error_count > 1 in 1 minute where {canonical}"),
        );
    }

    #[test]
    fn filters_have_one_form() {
        check_filter("LEVEL=CRITICAL", "level = fatal");
        check_filter("level in (fatal,critical)", "level = fatal");
        check_filter("level NOT  IN(\"warning\")", "level != warning");
        check_filter("source in (b,a,b)", "source in (b, a)");
        check_filter("source = \"api\"", "source = api");
        check_filter("source = \"NOT\"", "source = \"NOT\"");
        check_filter("release != \"\"", "release != \"\"");
        check_filter("release = v1.2+3@x:y/z_-", "release = v1.2+3@x:y/z_-");
        check_filter(r#"source = "a\"b\\c""#, r#"source = "a\"b\\c""#);
        check_filter("message ~ timeout", "message ~ \"timeout\"");
        check_filter("source = x AND source != y", "source = x and source != y");
    }
}
