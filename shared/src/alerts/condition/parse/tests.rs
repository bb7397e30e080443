use super::super::filter::{Choice, Filter};
use super::*;
use crate::event::Level;

#[track_caller]
fn read(text: &str) -> Condition {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn check(text: &str, metric: Metric, comparison: Comparison, value: f64) {
    let expected = Condition {
        metric,
        comparison,
        value: Value::Literal(value),
        window: Window::Literal(Span::from_minutes(5).unwrap()),
        filters: Vec::new(),
        scope: Scope::Project,
    };
    assert_eq!(read(text), expected, "{text}");
}

#[test]
fn every_metric_is_read() {
    check("error_count > 50 in 5m", Metric::ErrorCount, Comparison::Above, 50.0);
    check("new_error_count > 0 in 5m", Metric::NewErrorCount, Comparison::Above, 0.0);
    check("regression_count > 1 in 5m", Metric::RegressionCount, Comparison::Above, 1.0);
    check("users_affected > 9 in 5m", Metric::UsersAffected, Comparison::Above, 9.0);
    check("error_rate > 2.5 in 5m", Metric::ErrorRate, Comparison::Above, 2.5);
    check("Error_Count_Change > -5 in 5m", Metric::ErrorCountChange, Comparison::Above, -5.0);
}

#[test]
fn every_comparison_is_read() {
    for comparison in Comparison::ALL {
        check(&format!("error_count {comparison} 5 in 5m"), Metric::ErrorCount, comparison, 5.0);
        check(&format!("error_count{comparison}5 in 5m"), Metric::ErrorCount, comparison, 5.0);
    }
}

#[track_caller]
fn check_window(window: &str, minutes: u32) {
    let expected = Window::Literal(Span::from_minutes(minutes).unwrap());
    assert_eq!(read(&format!("error_count > 5 in {window}")).window, expected, "{window}");
    let followed = format!("error_count > 5 in {window} per error");
    assert_eq!(read(&followed).window, expected, "{followed}");
}

#[test]
fn every_window_is_read() {
    for window in ["5m", "5min", "5mins", "5minutes", "5 m", "5 min", "5 mins", "5 MINUTES"] {
        check_window(window, 5);
    }
    for window in ["1h", "1hr", "1hrs", "1 h", "1 hr", "1 hour", "1 hours", "60m"] {
        check_window(window, 60);
    }
    for window in ["2d", "2 d", "2 day", "2\n days", "48h"] {
        check_window(window, 2_880);
    }
    check_window("1 minute", 1);
    check_window("30 days", 43_200);
}

#[test]
fn what_the_rule_says_elsewhere_is_left_open() {
    let condition = read("error_count > Threshold in TIME_WINDOW");
    assert_eq!((condition.value, condition.window), (Value::Threshold, Window::TimeWindow));
}

#[test]
fn each_error_by_itself_is_a_scope() {
    assert_eq!(read("error_rate > 5 in 5m per error").scope, Scope::EachError);
    assert_eq!(read("error_rate > 5 in 5m where source = x Per Error").scope, Scope::EachError);
    assert_eq!(read("error_rate > 5 in 5m where source = error").scope, Scope::Project);
}

#[track_caller]
fn check_filters(filters: &str, expected: &[Filter]) {
    let condition = read(&format!("error_count > 5 in 5m where {filters}"));
    assert_eq!(condition.filters, expected, "{filters}");
}

fn one_of(values: &[&str]) -> Choice<String> {
    Choice::OneOf(values.iter().map(|&value| value.to_owned()).collect())
}

fn none_of(values: &[&str]) -> Choice<String> {
    Choice::NoneOf(values.iter().map(|&value| value.to_owned()).collect())
}

#[test]
fn every_filter_is_read() {
    check_filters("level = error", &[Filter::Level(Choice::OneOf(vec![Level::Error]))]);
    check_filters("level != \"Critical\"", &[Filter::Level(Choice::NoneOf(vec![Level::Fatal]))]);
    check_filters(
        "level in (debug, INFO, warning, error, fatal)",
        &[Filter::Level(Choice::OneOf(Level::ALL.to_vec()))],
    );
    check_filters("source = backend", &[Filter::Source(one_of(&["backend"]))]);
    check_filters("Source=\"a b\"", &[Filter::Source(one_of(&["a b"]))]);
    check_filters("environment != staging", &[Filter::Environment(none_of(&["staging"]))]);
    check_filters("environment in(a,b)", &[Filter::Environment(one_of(&["a", "b"]))]);
    check_filters("release not in (1.0, \"\")", &[Filter::Release(none_of(&["1.0", ""]))]);
    check_filters(r#"message ~ "a \"b\" \\""#, &[Filter::Message(r#"a "b" \"#.to_owned())]);
    check_filters("message~timeout", &[Filter::Message("timeout".to_owned())]);
    check_filters(
        "source = \"and\" AND source != where_ and message ~ \"per error\"",
        &[
            Filter::Source(one_of(&["and"])),
            Filter::Source(none_of(&["where_"])),
            Filter::Message("per error".to_owned()),
        ],
    );
}

#[test]
fn what_is_just_within_the_bounds_is_read() {
    let filters = vec!["source = a"; 20].join(" and ");
    assert_eq!(read(&format!("error_count > 5 in 5m where {filters}")).filters.len(), 20);
    let list: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    read(&format!("error_count > 5 in 5m where release in ({})", list.join(",")));
    read(&format!("error_count > 5 in 5m where message ~ \"{}\"", "ü".repeat(200)));
    let text = "error_count > 5 in 5m";
    read(&format!("{text}{}", " ".repeat(2_000 - text.len())));
}

#[track_caller]
fn check_bad(text: &str, expected: &str) {
    let error = text.parse::<Condition>().unwrap_err();
    assert_eq!(error.to_string(), expected, "{text}");
    assert!(expected.starts_with(&format!("at character {}: ", error.position())), "{text}");
}

const METRICS: &str = "expected a metric (error_count, new_error_count, regression_count, \
                       users_affected, error_rate or error_count_change)";

#[test]
fn a_bad_metric_is_pointed_at() {
    check_bad("", &format!("at character 1: {METRICS}, found the end"));
    check_bad("  ", &format!("at character 3: {METRICS}, found the end"));
    check_bad("foo > 5 in 5m", &format!("at character 1: {METRICS}, found \"foo\""));
    check_bad(" > 5 in 5m", &format!("at character 2: {METRICS}, found \">\""));
    check_bad(
        "eror_count > 5 in 5m",
        &format!("at character 1: {METRICS}, found \"eror_count\"; did you mean error_count?"),
    );
    check_bad(
        "\"error_count\" > 5 in 5m",
        &format!("at character 1: {METRICS}, found the quoted text \"error_count\""),
    );
    check_bad(
        &"x".repeat(50),
        &format!("at character 1: {METRICS}, found \"{}…\"", "x".repeat(40)),
    );
}

#[test]
fn a_bad_comparison_is_pointed_at() {
    const COMPARISONS: &str = "expected a comparison (>, >=, <, <= or ==)";
    check_bad("error_count", &format!("at character 12: {COMPARISONS}, found the end"));
    check_bad("error_count = 5", &format!("at character 13: {COMPARISONS}, found \"=\""));
    check_bad("error_count is 5", &format!("at character 13: {COMPARISONS}, found \"is\""));
    check_bad("error_count != 5", &format!("at character 13: {COMPARISONS}, found \"!=\""));
    check_bad("error_count ≥ 5", "at character 13: '≥' has no meaning outside quotes");
}

#[test]
fn a_bad_value_is_pointed_at() {
    const NUMBER: &str = "expected a number or threshold";
    check_bad("error_count>fifty", &format!("at character 13: {NUMBER}, found \"fifty\""));
    check_bad("error_count > > 5", &format!("at character 15: {NUMBER}, found \">\""));
    check_bad("error_count > 1e3 in 5m", &format!("at character 15: {NUMBER}, found \"1e3\""));
    check_bad("error_count > NaN in 5m", &format!("at character 15: {NUMBER}, found \"NaN\""));
    check_bad("error_count >", &format!("at character 14: {NUMBER}, found the end"));
    check_bad("error_count > 5% in 5m", "at character 16: '%' has no meaning outside quotes");
    check_bad(
        "users_affected > -5 in 5m",
        "at character 18: users_affected is never negative, so the number must be 0 or more",
    );
    check_bad(
        "error_count > 1000000000000001 in 5m",
        "at character 15: a number lies between -1,000,000,000,000,000 and 1,000,000,000,000,000",
    );
    check_bad(
        "error_rate > 0.1234567890123456 in 5m",
        "at character 14: a number has at most 15 significant digits",
    );
    check_bad("error_count > 50,000 in 5m", "at character 17: expected \"in\", found \",\"");
}

#[test]
fn a_bad_window_is_pointed_at() {
    const WINDOW: &str = "expected a window such as 5m, 2 hours, 7 days or time_window";
    const RANGE: &str = "the window must be between 1 minute and 30 days";
    check_bad("error_count > 5", "at character 16: expected \"in\", found the end");
    check_bad("error_count > 5 for 5m", "at character 17: expected \"in\", found \"for\"");
    check_bad("error_count > 5 in", &format!("at character 19: {WINDOW}, found the end"));
    check_bad("error_count > 5 in a day", &format!("at character 20: {WINDOW}, found \"a\""));
    check_bad("error_count > 5 in 1.5h", &format!("at character 20: {WINDOW}, found \"1.5h\""));
    check_bad("error_count > 5 in 5s", &format!("at character 20: {WINDOW}, found \"5s\""));
    check_bad(
        "error_count > 5 in 5 weeks",
        "at character 22: expected minutes, hours or days, found \"weeks\"",
    );
    check_bad(
        "error_count > 5 in 5",
        "at character 21: expected minutes, hours or days, found the end",
    );
    check_bad("error_count > 5 in 0m", &format!("at character 20: {RANGE}"));
    check_bad("error_count > 5 in 31 days", &format!("at character 20: {RANGE}"));
    check_bad("error_count > 5 in 99999999999d", &format!("at character 20: {RANGE}"));
}

#[test]
fn a_bad_ending_is_pointed_at() {
    check_bad(
        "error_count > 5 in 5m level = error",
        "at character 23: expected \"where\", \"per error\" or the end, found \"level\"",
    );
    check_bad(
        "error_count > 5 in 5m where level = error or level = fatal",
        "at character 43: expected \"and\", \"per error\" or the end, found \"or\"",
    );
    check_bad("error_count > 5 in 5m per", "at character 26: expected \"error\", found the end");
    check_bad(
        "error_count > 5 in 5m per user",
        "at character 27: expected \"error\", found \"user\"",
    );
    check_bad(
        "error_count > 5 in 5m per error where level = error",
        "at character 33: expected the end, found \"where\"",
    );
    check_bad(
        "new_error_count > 5 in 5m per error",
        "at character 27: of a single error new_error_count could only ever be 0 or 1, leave out \
         \"per error\"",
    );
    check_bad(
        "regression_count > 5 in 5m where source = \"ü\" per error",
        "at character 47: of a single error regression_count could only ever be 0 or 1, leave out \
         \"per error\"",
    );
}

/// The filters begin at character 29.
#[track_caller]
fn check_bad_filters(filters: &str, expected: &str) {
    check_bad(&format!("error_count > 5 in 5m where {filters}"), expected);
}

#[test]
fn a_bad_field_is_pointed_at() {
    const FIELDS: &str = "expected a field (level, source, environment, release or message)";
    const OPERATORS: &str = "expected \"=\", \"!=\", \"in\" or \"not in\"";
    check_bad_filters("", &format!("at character 29: {FIELDS}, found the end"));
    check_bad_filters("user = x", &format!("at character 29: {FIELDS}, found \"user\""));
    check_bad_filters(
        "enviroment = x",
        &format!("at character 29: {FIELDS}, found \"enviroment\"; did you mean environment?"),
    );
    check_bad_filters("source = x and", &format!("at character 43: {FIELDS}, found the end"));
    check_bad_filters("source == x", &format!("at character 36: {OPERATORS}, found \"==\""));
    check_bad_filters("source ~ x", &format!("at character 36: {OPERATORS}, found \"~\""));
    check_bad_filters("source", &format!("at character 35: {OPERATORS}, found the end"));
    check_bad_filters("source not = x", "at character 40: expected \"in\", found \"=\"");
    check_bad_filters("message = x", "at character 37: expected \"~\", found \"=\"");
}

#[test]
fn a_bad_filter_value_is_pointed_at() {
    const LEVELS: &str = "expected a level (debug, info, warning, error or fatal)";
    check_bad_filters("level = high", &format!("at character 37: {LEVELS}, found \"high\""));
    check_bad_filters(
        "level in (error, warnin)",
        &format!("at character 46: {LEVELS}, found \"warnin\"; did you mean warning?"),
    );
    check_bad_filters("level = (error)", "at character 37: expected a level, found \"(\"");
    check_bad_filters("source = ", "at character 38: expected a value, found the end");
    check_bad_filters("source in a", "at character 39: expected \"(\", found \"a\"");
    check_bad_filters("source in ()", "at character 40: expected a value, found \")\"");
    check_bad_filters("source in (a b)", "at character 42: expected \",\" or \")\", found \"b\"");
    check_bad_filters("source in (a,", "at character 42: expected a value, found the end");
    check_bad_filters("message ~ ", "at character 39: expected a text in quotes, found the end");
    check_bad_filters("message ~ \"\"", "at character 39: the text to look for is empty");
    check_bad_filters(
        "source = and",
        "at character 38: \"and\" is a word of the language, put it in quotes to use it as a value",
    );
    check_bad_filters(
        "message ~ In",
        "at character 39: \"In\" is a word of the language, put it in quotes to use it as a value",
    );
    check_bad_filters("source = 'a'", "at character 38: '\\'' has no meaning outside quotes");
    check_bad_filters(
        "source = \"ab",
        "at character 38: the text that begins here has no closing quote",
    );
    check_bad_filters(
        "source = \"ü\\n\"",
        "at character 40: a backslash stands before a quote or a backslash only",
    );
    check_bad_filters("source = \"a\0\"", "at character 40: control characters are not allowed");
    check_bad_filters("source = \"a\nb\"", "at character 40: control characters are not allowed");
}

#[test]
fn what_is_too_long_or_too_many_is_pointed_at() {
    let filters = vec!["source = a"; 21].join(" and ");
    check_bad_filters(&filters, "at character 329: a condition has at most 20 filters");
    let list = vec!["a"; 101].join(",");
    check_bad_filters(
        &format!("source in ({list})"),
        "at character 240: a list has at most 100 values",
    );
    let long = "ü".repeat(201);
    check_bad_filters(
        &format!("source = {long}"),
        "at character 38: a value has at most 200 characters",
    );
    check_bad_filters(
        &format!("message ~ \"{long}\""),
        "at character 39: a value has at most 200 characters",
    );
    check_bad(
        &"ü".repeat(2_001),
        "at character 2001: the condition is longer than 2,000 characters",
    );
    // 1,927 characters, to which the canonical form adds a space behind every comma.
    let list =
        format!("source in ({})", (10..42).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
    let lists = vec![list; 17];
    check_bad_filters(
        &lists.join(" and "),
        "at character 1: with all words and spaces written out, the condition is longer than 2,000 \
         characters",
    );
}
