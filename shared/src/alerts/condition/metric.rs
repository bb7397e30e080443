//! What is measured, and how it is compared.

use std::fmt;

/// What a condition measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Events of all levels.
    ErrorCount,
    /// Errors seen for the first time.
    NewErrorCount,
    /// Resolved errors that came back.
    RegressionCount,
    /// Different users to whom an error happened.
    UsersAffected,
    /// Events a minute.
    ErrorRate,
    /// Events against those of the window before, in percent: 100 is twice as many.
    ErrorCountChange,
}

impl Metric {
    /// All metrics.
    pub const ALL: [Self; 6] = [
        Self::ErrorCount,
        Self::NewErrorCount,
        Self::RegressionCount,
        Self::UsersAffected,
        Self::ErrorRate,
        Self::ErrorCountChange,
    ];

    /// The name in a condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ErrorCount => "error_count",
            Self::NewErrorCount => "new_error_count",
            Self::RegressionCount => "regression_count",
            Self::UsersAffected => "users_affected",
            Self::ErrorRate => "error_rate",
            Self::ErrorCountChange => "error_count_change",
        }
    }

    /// Whether the metric can be below zero.
    pub(super) fn is_signed(self) -> bool {
        self == Self::ErrorCountChange
    }

    /// Whether the metric counts errors: of a single error it could only ever be 0 or 1.
    pub(super) fn counts_errors(self) -> bool {
        matches!(self, Self::NewErrorCount | Self::RegressionCount)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a metric is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
}

impl Comparison {
    /// All comparisons.
    pub const ALL: [Self; 5] = [Self::Above, Self::AtLeast, Self::Below, Self::AtMost, Self::Equal];

    /// The sign in a condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Equal => "==",
        }
    }

    /// Whether a measured value is to the threshold as the sign says; never for what is no number.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
            Self::Equal => value == threshold,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(comparison: Comparison, below_equal_above: [bool; 3]) {
        let outcomes = [49.0, 50.0, 51.0].map(|value| comparison.holds(value, 50.0));
        assert_eq!(outcomes, below_equal_above, "{comparison}");
        assert!(!comparison.holds(f64::NAN, 50.0), "{comparison}");
    }

    #[test]
    fn each_comparison_holds_where_its_sign_says() {
        check(Comparison::Above, [false, false, true]);
        check(Comparison::AtLeast, [false, true, true]);
        check(Comparison::Below, [true, false, false]);
        check(Comparison::AtMost, [true, true, false]);
        check(Comparison::Equal, [false, true, false]);
    }
}
