//! Cases as data: `masked.jsonl` says what becomes of secrets, `readable.jsonl` what must stay.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::event::{Event, Exception, Frame, User};
use shared::sanitise::{self, Detector, Rules};

use crate::{bare_event, to_json};

/// One line of a corpus file.
#[derive(Deserialize)]
struct Case {
    name: String,
    /// Where in the event the input stands.
    place: String,
    #[serde(rename = "in")]
    input: Value,
    /// What it becomes; left out where it stays.
    out: Option<Value>,
}

fn cases(file: &str) -> Vec<Case> {
    file.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the input fits its place")
}

/// An event that holds the value at the place and nothing else of interest.
fn event_with(place: &str, value: Value) -> Event {
    let mut event = bare_event();
    let text = value.as_str().map(str::to_owned);
    match place {
        "message" => event.message = text.unwrap_or_default(),
        "stack_trace" => event.stack_trace = text,
        "culprit" => event.culprit = text,
        "url" => event.url = text,
        "user_agent" => event.user_agent = text,
        "email" => event.user = Some(User { email: text, ..User::default() }),
        "fingerprint" => event.client_fingerprint = text.map(|text| vec![text]),
        "context" => event.context = Some(read(value)),
        "tags" => event.tags = read(value),
        "value" => {
            event.exceptions = vec![Exception { value: text, ..Exception::default() }];
        }
        _ => {
            event.exceptions =
                vec![Exception { frames: vec![frame_with(place, value)], ..Exception::default() }];
        }
    }
    event
}

fn frame_with(place: &str, value: Value) -> Frame {
    let text = value.as_str().map(str::to_owned);
    match place {
        "abs_path" => Frame { abs_path: text, ..Frame::default() },
        "code" => Frame { context_line: text, ..Frame::default() },
        "vars" => Frame { vars: read(value), ..Frame::default() },
        _ => panic!("no such place: {place}"),
    }
}

/// What is wrong with the case, if anything.
fn complaint(case: &Case, rules: &Rules) -> Option<String> {
    let mut event = event_with(&case.place, case.input.clone());
    sanitise::event(&mut event, rules);
    let expected = case.out.as_ref().unwrap_or(&case.input);
    let found = to_json(&event);
    (found != to_json(&event_with(&case.place, expected.clone())))
        .then(|| format!("{}: expected {expected}\n    found {found}", case.name))
}

fn check_all(file: &str, at_least: usize) {
    let cases = cases(file);
    assert!(cases.len() >= at_least, "only {} cases", cases.len());
    let complaints: Vec<_> =
        cases.iter().filter_map(|case| complaint(case, &Rules::default())).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn secrets_are_masked() {
    check_all(include_str!("masked.jsonl"), 160);
}

#[test]
fn everything_else_stays_readable() {
    check_all(include_str!("readable.jsonl"), 80);
}

#[test]
fn sanitising_twice_is_the_same_as_once() {
    for case in cases(include_str!("masked.jsonl")) {
        let mut event = event_with(&case.place, case.input);
        sanitise::event(&mut event, &Rules::default());
        let once = event.clone();
        sanitise::event(&mut event, &Rules::default());
        assert_eq!(event, once, "{}", case.name);
    }
}

#[test]
fn detectors_can_be_switched_off_one_by_one() {
    let samples = [
        (Detector::CardNumbers, "card 4111111111111111"),
        (Detector::Ibans, "to DE89370400440532013000"),
        (Detector::PrivateKeys, "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"),
        (Detector::Jwts, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVPmB92K27uhb"),
        (Detector::UrlPasswords, "redis://:hunter2@cache"),
        (Detector::BearerTokens, "Bearer xyz"),
        (Detector::ServiceKeys, "AKIAIOSFODNN7EXAMPLE"),
    ];
    for off in Detector::ALL {
        let rules = Rules::new(&[], &[], &[off]).unwrap();
        for (detector, sample) in samples {
            let mut event = event_with("message", json!(sample));
            sanitise::event(&mut event, &rules);
            assert_eq!(event.message == sample, detector == off, "{sample} without {off:?}");
        }
    }
}

#[test]
fn names_that_hold_a_secret_are_masked_too() {
    let mut event = bare_event();
    event.source = "web token=abcdef123456".to_owned();
    event.environment = "password=hunter2".to_owned();
    event.release = Some("1.2.3 secret=hunter2".to_owned());
    sanitise::event(&mut event, &Rules::default());
    assert_eq!(event.source, "web token=[Filtered]");
    assert_eq!(event.environment, "password=[Filtered]");
    assert_eq!(event.release.as_deref(), Some("1.2.3 secret=[Filtered]"));
}

#[test]
fn projects_add_and_except_keys() {
    let rules = Rules::new(&["customer number".into()], &["token".into()], &[]).unwrap();
    let input = json!({"customerNumber": "1", "token": "a", "text": "customer_number=1 token=a"});
    let mut event = event_with("context", input);
    sanitise::event(&mut event, &rules);
    let expected = json!({
        "customerNumber": "[Filtered]", "token": "a", "text": "customer_number=[Filtered] token=a",
    });
    assert_eq!(event, event_with("context", expected));
}
