//! Fills in what a condition leaves to the other fields of its rule.

use super::filter::{self, Filter};
use super::metric::{Comparison, Metric};
use super::number::{self, BadNumber};
use super::span::Span;
use super::{Condition, Scope, Value, Window};
use crate::batch::Facet;

/// When a rule fires, with nothing left open. Only [`Condition::resolve`] makes one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ResolvedCondition {
    /// What is measured.
    pub metric: Metric,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub threshold: f64,
    /// Over how long it is measured.
    pub window: Span,
    /// What an event must be to count; all of them hold.
    pub filters: Vec<Filter>,
    /// What is measured together.
    pub scope: Scope,
}

impl ResolvedCondition {
    /// Whether the events of a facet count, as far as their messages do.
    pub fn matches_facet(&self, facet: &Facet) -> bool {
        filter::all_admit(&self.filters, facet)
    }

    /// What the type or message of an event's error must contain, in any case; each of them.
    pub fn message_texts(&self) -> impl Iterator<Item = &str> {
        filter::message_texts(&self.filters)
    }
}

/// Why a condition and a field of its rule do not go together. The message is about the field.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Unresolved {
    #[error("is required, since the condition says threshold")]
    ThresholdMissing,
    #[error("must be {in_condition}, as the condition says, or be left out")]
    ThresholdDiffers { in_condition: f64 },
    #[error("does not suit the condition: {0}")]
    ThresholdRefused(BadNumber),
    #[error("is required, since the condition says time_window")]
    TimeWindowMissing,
    #[error("must be {in_condition}, as the condition says, or be left out")]
    TimeWindowDiffers { in_condition: Span },
}

impl Unresolved {
    /// The name of the field.
    pub fn field(self) -> &'static str {
        match self {
            Self::ThresholdMissing | Self::ThresholdDiffers { .. } | Self::ThresholdRefused(_) => {
                "threshold"
            }
            Self::TimeWindowMissing | Self::TimeWindowDiffers { .. } => "time_window",
        }
    }
}

impl Condition {
    /// Fills in what the condition leaves open. What it holds itself may be given as well, when it is
    /// the same.
    ///
    /// # Errors
    /// All fields that are missing, differ, or are nothing that the metric can be compared with.
    pub fn resolve(
        &self,
        threshold: Option<f64>,
        time_window: Option<Span>,
    ) -> Result<ResolvedCondition, Vec<Unresolved>> {
        match (self.threshold(threshold), self.span(time_window)) {
            (Ok(threshold), Ok(window)) => Ok(ResolvedCondition {
                metric: self.metric,
                comparison: self.comparison,
                threshold,
                window,
                filters: self.filters.clone(),
                scope: self.scope,
            }),
            (threshold, window) => Err(threshold.err().into_iter().chain(window.err()).collect()),
        }
    }

    fn threshold(&self, given: Option<f64>) -> Result<f64, Unresolved> {
        match (self.value, given) {
            (Value::Literal(in_condition), Some(given)) if given != in_condition => {
                Err(Unresolved::ThresholdDiffers { in_condition })
            }
            (Value::Literal(in_condition), _) => Ok(in_condition),
            (Value::Threshold, Some(given)) => {
                number::check(given, self.metric).map_err(Unresolved::ThresholdRefused)
            }
            (Value::Threshold, None) => Err(Unresolved::ThresholdMissing),
        }
    }

    fn span(&self, given: Option<Span>) -> Result<Span, Unresolved> {
        match (self.window, given) {
            (Window::Literal(in_condition), Some(given)) if given != in_condition => {
                Err(Unresolved::TimeWindowDiffers { in_condition })
            }
            (Window::Literal(in_condition), _) => Ok(in_condition),
            (Window::TimeWindow, given) => given.ok_or(Unresolved::TimeWindowMissing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Given<'a> = (Option<f64>, Option<&'a str>);

    fn resolve(text: &str, given: Given<'_>) -> Result<ResolvedCondition, Vec<Unresolved>> {
        let condition: Condition = text.parse().unwrap();
        condition.resolve(given.0, given.1.map(|span| span.parse().unwrap()))
    }

    #[track_caller]
    fn check(text: &str, given: Given<'_>, expected: (f64, &str)) {
        let resolved = resolve(text, given).unwrap();
        assert_eq!((resolved.threshold, resolved.window.short().as_str()), expected, "{text}");
    }

    #[track_caller]
    fn check_bad(text: &str, given: Given<'_>, expected: &[&str]) {
        let problems = resolve(text, given).unwrap_err();
        let said: Vec<String> = problems.iter().map(|it| format!("{} {it}", it.field())).collect();
        assert_eq!(said, expected, "{text}");
    }

    const LITERAL: &str = "error_count > 50 in 5m";
    const OPEN: &str = "error_count > threshold in time_window";

    #[test]
    fn literals_are_taken_from_the_condition() {
        check(LITERAL, (None, None), (50.0, "5m"));
        check(LITERAL, (Some(50.0), Some("5 minutes")), (50.0, "5m"));
        check("error_count > 50 in 60m", (None, Some("1h")), (50.0, "1h"));
    }

    #[test]
    fn what_is_open_is_taken_from_the_fields() {
        check(OPEN, (Some(20.0), Some("2d")), (20.0, "2d"));
        check("error_count > threshold in 5m", (Some(20.0), None), (20.0, "5m"));
        check("error_count > 50 in time_window", (None, Some("1h")), (50.0, "1h"));
        check("error_count_change < threshold in 1h", (Some(-20.0), None), (-20.0, "1h"));
    }

    #[test]
    fn all_that_does_not_fit_is_named() {
        check_bad(
            OPEN,
            (None, None),
            &[
                "threshold is required, since the condition says threshold",
                "time_window is required, since the condition says time_window",
            ],
        );
        check_bad(
            LITERAL,
            (Some(51.0), Some("1h")),
            &[
                "threshold must be 50, as the condition says, or be left out",
                "time_window must be 5 minutes, as the condition says, or be left out",
            ],
        );
        check_bad(
            LITERAL,
            (Some(f64::NAN), None),
            &["threshold must be 50, as the condition says, or be left out"],
        );
        check_bad(
            OPEN,
            (Some(-1.0), Some("5m")),
            &[
                "threshold does not suit the condition: error_count is never negative, so the number \
               must be 0 or more",
            ],
        );
        check_bad(
            OPEN,
            (Some(f64::INFINITY), Some("5m")),
            &["threshold does not suit the condition: a number lies between \
               -1,000,000,000,000,000 and 1,000,000,000,000,000"],
        );
    }

    #[test]
    fn the_rest_stays_as_it_is() {
        let text = "users_affected >= 3 in 1h where level = fatal per error";
        let condition: Condition = text.parse().unwrap();
        let resolved = condition.resolve(None, None).unwrap();
        assert_eq!(resolved.metric, Metric::UsersAffected);
        assert_eq!(resolved.comparison, Comparison::AtLeast);
        assert_eq!(resolved.filters, condition.filters);
        assert_eq!(resolved.scope, Scope::EachError);
    }
}
