//! Numbers as people read them.

use crate::alerts::notice::ToldRule;

/// Beyond it digits say nothing.
const TOO_LARGE: f64 = 1e15;

/// A value of the rule's metric with its unit: `1,234`, `2.5/min`, `+150%`.
pub(super) fn measured(rule: &ToldRule, value: f64) -> String {
    match rule.metric.as_str() {
        "error_rate" => format!("{}/min", number(value)),
        "error_count_change" if value > 0.0 => format!("+{}%", number(value)),
        "error_count_change" | "failure_rate" | "crash_free_sessions" => {
            format!("{}%", number(value))
        }
        _ => number(value),
    }
}

/// The same in words, to begin a sentence about the window: `1,234 events`.
pub(super) fn amount(rule: &ToldRule, value: f64) -> String {
    let shown = measured(rule, value);
    let is_one = shown == "1";
    let noun = match rule.metric.as_str() {
        "error_count" if is_one => "event",
        "error_count" => "events",
        "new_error_count" if is_one => "new error",
        "new_error_count" => "new errors",
        "regression_count" if is_one => "error that came back",
        "regression_count" => "errors that came back",
        "users_affected" if is_one => "user affected",
        "users_affected" => "users affected",
        "error_rate" => "events on average",
        "error_count_change" => "events against the time before",
        "failure_rate" => "of transactions failed",
        "crash_free_sessions" => "of sessions without a crash",
        metric => return format!("{} is {shown}", metric.replace('_', " ")),
    };
    format!("{shown} {noun}")
}

/// The comparison with the threshold: `more than 100`.
pub(super) fn limit(rule: &ToldRule) -> String {
    let words = match rule.comparison.as_str() {
        ">" => "more than",
        ">=" => "at least",
        "<" => "less than",
        "<=" => "at most",
        "==" => "exactly",
        other => other,
    };
    format!("{words} {}", measured(rule, rule.threshold))
}

/// A number of things.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{} {noun}", grouped(&count.to_string()))
}

/// With as many decimals as say something, and a comma between thousands.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    let size = value.abs();
    if size >= TOO_LARGE {
        return format!("{value:.2e}");
    }
    let decimals = match size {
        _ if size < 10.0 => 2,
        _ if size < 1_000.0 => 1,
        _ => 0,
    };
    let digits = format!("{size:.decimals$}");
    let (whole, rest) = digits.split_once('.').unwrap_or((&digits, ""));
    let rest = rest.trim_end_matches('0');
    let sign = if value < 0.0 && (whole != "0" || !rest.is_empty()) { "-" } else { "" };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{rest}", grouped(whole))
}

fn grouped(digits: &str) -> String {
    let length = digits.len();
    let mut text = String::with_capacity(length + length / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (length - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::channels::Severity;

    use super::*;

    fn rule(metric: &str, comparison: &str, threshold: f64) -> ToldRule {
        ToldRule {
            id: uuid::Uuid::nil(),
            name: String::new(),
            condition: String::new(),
            metric: metric.to_owned(),
            comparison: comparison.to_owned(),
            threshold,
            window: String::new(),
            severity: Severity::Low,
        }
    }

    #[test]
    fn numbers_have_the_decimals_that_say_something() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.001, "0"),
            (1.0, "1"),
            (2.5, "2.5"),
            (2.346, "2.35"),
            (99.95, "100"),
            (123.45, "123.5"),
            (1_234.0, "1,234"),
            (1_234_567.8, "1,234,568"),
            (-1_234.0, "-1,234"),
            (1e300, "1.00e300"),
            (f64::NAN, "unknown"),
        ] {
            assert_eq!(number(value), expected, "{value}");
        }
    }

    #[test]
    fn each_metric_has_its_unit() {
        for (metric, value, shown, words) in [
            ("error_count", 1_234.0, "1,234", "1,234 events"),
            ("error_count", 1.0, "1", "1 event"),
            ("new_error_count", 3.0, "3", "3 new errors"),
            ("regression_count", 1.0, "1", "1 error that came back"),
            ("users_affected", 57.0, "57", "57 users affected"),
            ("error_rate", 2.5, "2.5/min", "2.5/min events on average"),
            ("error_count_change", 150.0, "+150%", "+150% events against the time before"),
            ("error_count_change", -50.0, "-50%", "-50% events against the time before"),
            ("failure_rate", 3.25, "3.25%", "3.25% of transactions failed"),
            ("burn_rate", 14.4, "14.4", "burn rate is 14.4"),
        ] {
            let rule = rule(metric, ">", 0.0);
            assert_eq!(measured(&rule, value), shown);
            assert_eq!(amount(&rule, value), words);
        }
    }

    #[test]
    fn comparisons_are_words() {
        for (comparison, expected) in [
            (">", "more than 100"),
            (">=", "at least 100"),
            ("<", "less than 100"),
            ("<=", "at most 100"),
            ("==", "exactly 100"),
        ] {
            assert_eq!(limit(&rule("error_count", comparison, 100.0)), expected);
        }
        assert_eq!(limit(&rule("error_rate", ">", 0.5)), "more than 0.5/min");
    }

    proptest! {
        #[test]
        fn no_number_is_long(value in any::<f64>()) {
            prop_assert!(number(value).len() <= 24, "{}", number(value));
        }
    }
}
