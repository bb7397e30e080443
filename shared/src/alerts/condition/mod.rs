//! The language in which a rule says when it fires.
//!
//! ```text
//! condition  = metric comparison value "in" window
//!              [ "where" filter { "and" filter } ] [ "per error" ]
//! metric     = "error_count" | "new_error_count" | "regression_count" | "users_affected"
//!            | "error_rate" | "error_count_change"
//! comparison = ">" | ">=" | "<" | "<=" | "=="
//! value      = number | "threshold"
//! window     = whole-number unit | "time_window"
//! filter     = field ( "=" | "!=" ) text
//!            | field [ "not" ] "in" "(" text { "," text } ")"
//!            | "message" "~" text
//! field      = "level" | "source" | "environment" | "release"
//! text       = word | quoted
//! ```
//!
//! Keywords, names and levels are read in any case, and white space is free. A word is made of letters,
//! digits and `_ - . / @ : +` and is none of `in`, `where`, `and`, `not`, `per`; what is quoted may be
//! anything but control characters, with `\"` and `\\` for a quote and a backslash.
//!
//! A condition is read once, into types that hold only what the language allows, and is written back
//! in one canonical form, which reads as the same condition. Reading is linear in the text, whose
//! length is bounded.
//!
//! What is not here: counting events, and what happens when a condition becomes true.

mod error;
mod filter;
mod metric;
mod number;
mod parse;
mod print;
mod resolve;
mod span;
mod tokens;

#[cfg(test)]
mod properties;

use std::str::FromStr;

pub use self::error::ParseError;
pub use self::filter::{Choice, Filter};
pub use self::metric::{Comparison, Metric};
pub use self::number::BadNumber;
pub use self::resolve::{ResolvedCondition, Unresolved};
pub use self::span::{Span, SpanError};
use crate::batch::Facet;

/// The longest condition, in characters, as it is given and in its canonical form.
pub const MAX_CHARS: usize = 2_000;

/// The most filters of a condition: each is asked about every facet.
pub const MAX_FILTERS: usize = 20;

/// The most values that a filter lists.
pub const MAX_VALUES: usize = 100;

/// The longest value of a filter, in characters; sources, environments and releases are no longer.
pub const MAX_VALUE_CHARS: usize = 200;

/// When a rule fires, as a person wrote it. Only reading a text makes one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Condition {
    /// What is measured.
    pub metric: Metric,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: Value,
    /// Over how long it is measured.
    pub window: Window,
    /// What an event must be to count; all of them hold.
    pub filters: Vec<Filter>,
    /// What is measured together.
    pub scope: Scope,
}

/// What a metric is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A number that the condition holds.
    Literal(f64),
    /// The rule's `threshold`.
    Threshold,
}

/// Over how long a metric is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// A time that the condition holds.
    Literal(Span),
    /// The rule's `time_window`.
    TimeWindow,
}

/// What is measured together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All events of the project.
    Project,
    /// The events of each error by themselves: `per error`.
    EachError,
}

impl Condition {
    /// Whether the events of a facet count, as far as their messages do.
    pub fn matches_facet(&self, facet: &Facet) -> bool {
        filter::all_admit(&self.filters, facet)
    }

    /// What the type or message of an event's error must contain, in any case; each of them.
    pub fn message_texts(&self) -> impl Iterator<Item = &str> {
        filter::message_texts(&self.filters)
    }
}

impl FromStr for Condition {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        parse::condition(text)
    }
}
