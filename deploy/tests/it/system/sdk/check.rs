//! Compares what came back and what was stored with what a capture expects.

use serde_json::{Value, json};

use super::super::malformed::exchange::Answer;
use super::capture::Capture;

/// Characters of a title at most.
const TITLE: usize = 250;

/// What is wrong with the answer.
pub(super) fn answer(capture: &Capture, answer: &Answer) -> Vec<String> {
    let mut found = Found::of(capture);
    let statuses = capture.expected["status"].as_array().unwrap();
    if !statuses.contains(&json!(answer.status)) {
        found.complain("status", &json!(answer.status), &capture.expected["status"]);
    }
    let id = &capture.expected["id"];
    if !id.is_null() {
        found.same("id", &answer.body["id"], id);
    }
    let open = answer.header("access-control-allow-origin").unwrap_or_default();
    found.same("allowed origin", &json!(open), &json!("*"));
    found.complaints
}

/// What is wrong with the event.
pub(super) fn event(capture: &Capture, event: &Value) -> Vec<String> {
    let mut found = Found::of(capture);
    let expected = &capture.expected["event"];
    let get = |name: &str| expected.get(name).cloned().unwrap_or_default();
    found.title(event, expected);
    for field in ["level", "platform", "release", "server_name", "transaction", "logger"] {
        if !get(field).is_null() {
            found.same(field, &event[field], &get(field));
        }
    }
    let environment = Some(get("environment")).filter(|it| !it.is_null());
    found.same("environment", &event["environment"], &environment.unwrap_or(json!("production")));
    found.exceptions(event, expected);
    for (key, value) in get("tags").as_object().into_iter().flatten() {
        found.starts("tags", &event["tags"][key.replace(' ', "-")], value);
    }
    for (key, value) in get("user").as_object().into_iter().flatten() {
        if ["id", "email", "username", "ip_address"].contains(&key.as_str()) && !value.is_null() {
            found.same("user", &event["user"][key], &json!(text(value)));
        }
    }
    for (key, value) in get("request").as_object().into_iter().flatten() {
        found.same("request", &event["request"][key], value);
    }
    if let Some(count) = get("breadcrumbs").as_u64() {
        let kept = event["breadcrumbs"].as_array().map_or(0, |list| list.len() as u64);
        found.same("breadcrumbs", &json!(kept), &json!(count));
    }
    if let Some(sdk) = get("sdk").as_str().filter(|sdk| !sdk.is_empty() && *sdk != "None None") {
        let told = format!("{} {}", text(&event["sdk"]["name"]), text(&event["sdk"]["version"]));
        found.same("sdk", &json!(told), &json!(sdk));
    }
    found.time(event, &get("timestamp"));
    found.complaints
}

/// Gathers what is wrong.
struct Found<'a> {
    case: &'a str,
    complaints: Vec<String>,
}

impl<'a> Found<'a> {
    fn of(capture: &'a Capture) -> Self {
        Self { case: &capture.case, complaints: Vec::new() }
    }

    fn complain(&mut self, what: &str, found: &Value, expected: &Value) {
        self.complaints.push(format!("{}: {what} is {found}, not {expected}", self.case));
    }

    fn same(&mut self, what: &str, found: &Value, expected: &Value) {
        if mended(found) != mended(expected) {
            self.complain(what, found, expected);
        }
    }

    /// For texts that may be cut on either side.
    fn starts(&mut self, what: &str, found: &Value, expected: &Value) {
        let (found, wanted) = (mended(found), mended(expected));
        let (found, wanted) = (text(&found), text(&wanted));
        // What is expected was written down to some length; what is shown says that it was cut.
        let is_start = found.starts_with(&wanted)
            || found.strip_suffix('…').is_some_and(|start| wanted.starts_with(start));
        if !is_start || found.is_empty() != wanted.is_empty() {
            self.complain(what, &json!(found), expected);
        }
    }

    fn title(&mut self, event: &Value, expected: &Value) {
        let wanted = expected.get("title_bonus").unwrap_or(&expected["title"]);
        let shown: String =
            text(&mended(wanted)).lines().next().unwrap_or_default().chars().take(TITLE).collect();
        self.starts("title", &event["title"], &json!(shown.trim_end()));
        if text(&event["title"]).is_empty() {
            self.complain("title", &event["title"], wanted);
        }
    }

    fn exceptions(&mut self, event: &Value, expected: &Value) {
        let chain = event["exceptions"].as_array().unwrap();
        let raised: Vec<Value> = chain.iter().map(|it| it["type"].clone()).collect();
        let shown = chain.first().cloned().unwrap_or_default();
        if let Some(kinds) = expected["exceptions"].as_array().filter(|kinds| !kinds.is_empty()) {
            let kinds: Vec<Value> = kinds.iter().rev().cloned().collect();
            self.same("exceptions", &json!(raised), &json!(kinds));
            self.same("type", &shown["type"], &expected["type"]);
            self.starts("value", &shown["value"], &expected["value"]);
            for (path, name) in [("type", "mechanism"), ("handled", "handled")] {
                if !expected[name].is_null() {
                    self.same(name, &shown["mechanism"][path], &expected[name]);
                }
            }
        }
        let frames = shown["frames"].as_array().cloned().unwrap_or_default();
        if let Some(count) = expected["frames"].as_u64() {
            self.same("frames", &json!(frames.len()), &json!(count));
        }
        let own = frames.iter().find(|frame| frame["in_app"] == true);
        let Some(top) = own.or(frames.first()) else { return };
        let wanted = &expected["top_frame"];
        if wanted.is_object() {
            let file = if top["filename"].is_null() { &top["abs_path"] } else { &top["filename"] };
            self.same("top frame's file", file, &wanted["file"]);
            self.same("top frame's function", &top["function"], &wanted["function"]);
            self.same("top frame's line", &top["lineno"], &wanted["lineno"]);
        }
    }

    /// The client's own time while it can be believed, and a note when it can't any more.
    fn time(&mut self, event: &Value, expected: &Value) {
        let Some(expected) = expected.as_str().map(|text| text.trim_end_matches('Z')) else {
            return;
        };
        let corrected = json!({"field": "timestamp", "change": "clock_corrected"});
        let is_corrected = event["notes"].as_array().unwrap().contains(&corrected);
        if !is_corrected && !text(&event["timestamp"]).starts_with(expected) {
            self.complain("timestamp", &event["timestamp"], &json!(expected));
        }
    }
}

/// A text with NUL replaced, which Postgres can't store.
fn mended(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace('\0', "\u{fffd}")),
        other => other.clone(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
