//! Bodies, and the rules or the problems that come of them.

use serde_json::json;
use shared::config::Environment;

use super::*;

const OPEN: &str = "error_count > threshold in time_window";

#[track_caller]
fn object(body: &Value) -> Map<String, Value> {
    body.as_object().unwrap().clone()
}

fn new(body: &Value) -> Result<Draft, ApiError> {
    Given::for_new(object(body)).draft()
}

/// A rule that leaves the threshold and the window to its fields.
fn open_rule() -> Settings {
    let body = json!({"name": "r", "condition": OPEN, "threshold": 50, "time_window": "5m"});
    new(&body).unwrap().settings
}

/// A rule whose condition says everything.
fn literal_rule() -> Settings {
    new(&json!({"name": "r", "condition": "error_count > 50 in 5m"})).unwrap().settings
}

fn problems(error: &ApiError) -> Vec<(String, String, String)> {
    let told = error.to_json(Environment::Production);
    let part = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    let errors = told["details"]["errors"].as_array().unwrap().iter();
    errors
        .map(|error| (part(error, "field"), part(error, "type"), part(error, "message")))
        .collect()
}

fn named<T: std::fmt::Debug>(outcome: Result<T, ApiError>) -> Vec<String> {
    let problems = problems(&outcome.unwrap_err());
    problems.into_iter().map(|(field, kind, _)| format!("{field} {kind}")).collect()
}

/// Expects exactly these problems of a new rule that is good but for what is changed.
#[track_caller]
fn check(changed: Value, expected: &[&str]) {
    let mut body = json!({"name": "r", "condition": "error_count > 50 in 5m"});
    body.as_object_mut().unwrap().extend(object(&changed));
    match new(&body) {
        Ok(_) => assert!(expected.is_empty(), "{body}"),
        failed => assert_eq!(named(failed), expected, "{body}"),
    }
}

#[test]
fn every_bad_field_is_named() {
    check(json!({}), &[]);
    check(json!({"name": null, "condition": null}), &["name wrong_type", "condition wrong_type"]);
    check(json!({"name": "x".repeat(201)}), &["name too_long"]);
    check(json!({"name": "a\nb"}), &["name malformed"]);
    check(json!({"condition": 5}), &["condition wrong_type"]);
    check(json!({"condition": ""}), &["condition malformed"]);
    check(
        json!({"threshold": "50", "time_window": 5}),
        &["threshold wrong_type", "time_window wrong_type"],
    );
    check(
        json!({"threshold": 51, "time_window": "6m"}),
        &["threshold unknown_value", "time_window unknown_value"],
    );
    check(json!({"threshold": 50.0, "time_window": "5 minutes"}), &[]);
    check(json!({"time_window": "soon"}), &["time_window malformed"]);
    check(json!({"time_window": "31d"}), &["time_window out_of_range"]);
    check(json!({"condition": OPEN}), &["threshold missing", "time_window missing"]);
    check(
        json!({"condition": OPEN, "threshold": -1, "time_window": "5m"}),
        &["threshold out_of_range"],
    );
    check(json!({"notifications": "email"}), &["notifications wrong_type"]);
    check(
        json!({"notifications": ["email", "pager", "email"]}),
        &["notifications[1] unknown_value", "notifications[2] unknown_value"],
    );
    check(
        json!({"enabled": 1, "create_incident": "no"}),
        &["enabled wrong_type", "create_incident wrong_type"],
    );
    check(
        json!({"severity": "urgent", "cooldown": -1}),
        &["severity unknown_value", "cooldown out_of_range"],
    );
    check(json!({"cooldown": 2_592_000}), &[]);
    check(json!({"cooldown": 2_592_001}), &["cooldown out_of_range"]);
    check(json!({"muted_until": "tomorrow"}), &["muted_until malformed"]);
}

#[test]
fn the_message_points_at_the_character_as_it_was_sent() {
    let failed = new(&json!({"name": "r", "condition": "  error_count > 50 of 5m"}));
    let told = problems(&failed.unwrap_err());
    assert_eq!(told[0].0, "condition");
    assert!(told[0].2.starts_with("at character 20: expected "), "{told:?}");
}

#[test]
fn a_rule_is_kept_in_canonical_form() {
    let draft = new(&json!({"name": "r", "condition": " ERROR_COUNT>50 in 300 m "})).unwrap();
    let watch = draft.settings.watch;
    assert_eq!(watch.condition, "error_count > 50 in 5 hours");
    assert_eq!((watch.threshold, watch.time_window.as_str()), (50.0, "5h"));
    assert_eq!(draft.metric, Metric::ErrorCount);
    assert!(draft.settings.enabled);
    assert_eq!(draft.settings.severity, Severity::Medium);
}

/// The watch that a change leaves, as one text.
#[track_caller]
fn check_change(before: &Settings, change: Value, expected: &str) {
    let after = Given::for_change(object(&change)).applied_to(before).unwrap().settings.watch;
    let told = format!("{} | {} | {}", after.condition, after.threshold, after.time_window);
    assert_eq!(told, expected, "{change}");
}

#[test]
fn what_a_change_does_not_say_stays() {
    let open = open_rule();
    check_change(&open, json!({"threshold": 60}), &format!("{OPEN} | 60 | 5m"));
    check_change(
        &open,
        json!({"time_window": "1h", "threshold": null}),
        &format!("{OPEN} | 50 | 1h"),
    );
    let literal = "error_rate > 5 in 1 hour";
    check_change(&open, json!({"condition": literal}), "error_rate > 5 in 1 hour | 5 | 1h");
    let half = "error_count > 9 in time_window";
    check_change(&open, json!({"condition": half}), "error_count > 9 in time_window | 9 | 5m");
    let opened = json!({"condition": OPEN, "threshold": 60});
    check_change(&literal_rule(), opened, &format!("{OPEN} | 60 | 5m"));
    check_change(
        &literal_rule(),
        json!({"threshold": 50}),
        "error_count > 50 in 5 minutes | 50 | 5m",
    );
}

#[test]
fn a_threshold_alone_does_not_change_a_condition_that_holds_a_number() {
    let given = Given::for_change(object(&json!({"threshold": 60, "severity": "x"})));
    let told = problems(&given.applied_to(&literal_rule()).unwrap_err());
    assert_eq!(told[0].0, "severity");
    assert_eq!((told[1].0.as_str(), told[1].1.as_str()), ("threshold", "unknown_value"));
    assert!(told[1].2.contains("change the condition as well"), "{told:?}");
    let negative = json!({"condition": "error_count_change < threshold in 1h", "threshold": -20});
    let given = Given::for_change(object(&negative));
    let falling = given.applied_to(&open_rule()).unwrap().settings;
    let given = Given::for_change(object(&json!({"condition": OPEN})));
    assert_eq!(named(given.applied_to(&falling)), ["threshold out_of_range"]);
}
