//! What people and programs read.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;
use shared::channels::Severity;
use shared::ids::ProjectId;
use uuid::Uuid;

use super::*;
use crate::alerts::notice::{Digested, ToldDigest, ToldFiring, ToldProject, ToldRule};

const URL: &str = "https://errata.example";

fn at(seconds: i64) -> DateTime<Utc> {
    shared::time::parse("2025-08-29T12:00:00Z").unwrap() + TimeDelta::seconds(seconds)
}

fn error(number: u128, title: &str) -> ToldError {
    ToldError {
        id: Uuid::from_u128(number),
        title: title.to_owned(),
        culprit: Some("checkout.js in pay".to_owned()),
        level: "error".to_owned(),
        source: "frontend".to_owned(),
        events: 1_204,
    }
}

fn firing(error: Option<ToldError>, top_errors: Vec<ToldError>) -> ToldFiring {
    ToldFiring {
        firing_id: Uuid::from_u128(20),
        incident_id: Some(Uuid::from_u128(30)),
        started_at: at(0),
        ended_at: None,
        value: 1_234.0,
        error,
        top_errors,
    }
}

fn notice(news: News) -> Notice {
    Notice {
        project: ToldProject { id: ProjectId(1), name: "Shop".to_owned() },
        rule: ToldRule {
            id: Uuid::from_u128(10),
            name: "Checkout".to_owned(),
            condition: "error_count > 100 in 5m per error".to_owned(),
            metric: "error_count".to_owned(),
            comparison: ">".to_owned(),
            threshold: 100.0,
            window: "5 minutes".to_owned(),
            severity: Severity::High,
        },
        news,
    }
}

fn page(kind: &str, number: u128) -> String {
    format!("{URL}/{kind}/{}", Uuid::from_u128(number))
}

#[test]
fn a_firing_about_an_error_leads_to_it() {
    let told = firing(Some(error(1, "TypeError: x")), vec![error(1, "TypeError: x")]);
    let message = message(&notice(News::Fired(told)), URL);
    assert_eq!((message.kind, message.severity), ("alert.fired", Some(Severity::High)));
    assert_eq!(message.title, "Checkout: TypeError: x");
    assert_eq!(
        message.text,
        "The rule \"Checkout\" of project Shop fired at 2025-08-29 12:00:00 UTC: 1,234 events in \
         5 minutes, which is more than 100.\n\nOpen the error, look at the stack of its newest event, \
         then resolve, assign or mute it."
    );
    assert_eq!(message.short.unwrap(), "Shop: 1,234 events in 5 minutes (more than 100).");
    assert_eq!(message.link.unwrap(), page("errors", 1));
    let facts: Vec<_> =
        message.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        facts,
        [
            "Project: Shop",
            "Rule: Checkout",
            "Measured: 1,234 in 5 minutes",
            "Threshold: more than 100",
            "Error: TypeError: x",
            "Where: checkout.js in pay",
            "Source and level: frontend, error",
            "Since: 2025-08-29 12:00:00 UTC",
            "Condition: error_count > 100 in 5m per error",
        ]
    );
    // The error itself is not listed once more.
    let links: Vec<_> = message.listings.iter().flat_map(|listing| &listing.items).collect();
    let links: Vec<_> = links.iter().filter_map(|item| item.link.clone()).collect();
    assert_eq!(links, [page("alerts", 10), page("incidents", 30)]);
}

#[test]
fn a_firing_about_a_project_lists_its_errors() {
    let told = firing(None, vec![error(1, "TypeError: x"), error(2, "Timeout")]);
    let message = message(&notice(News::Fired(told)), URL);
    assert_eq!(message.title, "Checkout: 1,234 events in 5 minutes");
    assert!(message.text.contains("Open the first of the errors below"), "{}", message.text);
    assert_eq!(message.link.unwrap(), page("incidents", 30));
    let item = &message.listings[0].items[1];
    assert_eq!(message.listings[0].heading, "Top errors");
    assert_eq!((item.title.as_str(), &item.link), ("Timeout", &Some(page("errors", 2))));
    assert_eq!(item.detail.as_deref(), Some("1,204 events, in checkout.js in pay"));
}

#[test]
fn too_few_events_are_no_error_to_open() {
    let mut notice = notice(News::Fired(firing(None, vec![])));
    notice.rule.comparison = "<".to_owned();
    let text = message(&notice, URL).text;
    assert!(text.ends_with("make sure that the application runs and still reports."), "{text}");
}

#[test]
fn a_recovery_says_how_long_it_took() {
    let mut told = firing(Some(error(1, "TypeError: x")), vec![]);
    (told.ended_at, told.value) = (Some(at(720)), 3.0);
    let message = message(&notice(News::Recovered(told)), URL);
    assert_eq!(message.kind, "alert.recovered");
    assert_eq!(message.title, "Recovered: Checkout: TypeError: x");
    assert!(
        message.text.starts_with(
            "The rule \"Checkout\" of project Shop is true no longer: 3 events in 5 minutes, which is \
             not more than 100. It had fired at 2025-08-29 12:00:00 UTC for 12m.\n\nNothing has to be"
        ),
        "{}",
        message.text
    );
}

#[test]
fn a_digest_says_why_it_is_one() {
    let line = |number, recovered| Digested {
        firing_id: Uuid::from_u128(number),
        recovered,
        at: at(5),
        value: 120.0,
        error: Some((Uuid::from_u128(number), format!("Error {number}"))),
    };
    let firings = (1..=30).map(|number| line(number, number % 10 == 0)).collect();
    let told = ToldDigest { from: at(0), until: at(60), fired: 1_200, recovered: 3, firings };
    let message = message(&notice(News::Digest(told)), URL);
    assert_eq!(message.kind, "alert.digest");
    assert_eq!(message.title, "Checkout: 1,200 firings, 3 recoveries");
    assert!(message.text.contains("so this sums up what was held back"), "{}", message.text);
    assert!(message.text.contains("longer cooldown, or mute it"), "{}", message.text);
    assert_eq!(message.link.unwrap(), page("alerts", 10));
    let items = &message.listings[0].items;
    assert_eq!((items.len(), items[20].title.as_str()), (21, "1,183 more"));
    assert_eq!(
        items[9].detail.as_deref(),
        Some("recovered at 2025-08-29 12:00:05 UTC: 120 events")
    );
    let data = message.data.unwrap();
    assert_eq!(data["firings"].as_array().unwrap().len(), 30);
    let first = json!({
        "id": Uuid::from_u128(1), "recovered": false, "at": "2025-08-29T12:00:05.000Z", "value": 120.0,
        "error": {"id": Uuid::from_u128(1), "title": "Error 1", "url": page("errors", 1)},
    });
    assert_eq!(data["firings"][0], first);
}

#[test]
fn programs_get_every_field() {
    let told = firing(Some(error(1, "TypeError: x")), vec![]);
    let data = message(&notice(News::Fired(told)), URL).data.unwrap();
    let expected = json!({
        "project": {"id": 1, "name": "Shop"},
        "rule": {
            "id": Uuid::from_u128(10), "name": "Checkout", "metric": "error_count",
            "condition": "error_count > 100 in 5m per error", "comparison": ">", "threshold": 100.0,
            "window": "5 minutes", "severity": "high", "url": page("alerts", 10),
        },
        "firing": {
            "id": Uuid::from_u128(20), "value": 1234.0, "threshold": 100.0,
            "started_at": "2025-08-29T12:00:00.000Z", "ended_at": null,
        },
        "error": {
            "id": Uuid::from_u128(1), "title": "TypeError: x", "culprit": "checkout.js in pay",
            "level": "error", "source": "frontend", "events": 1204, "url": page("errors", 1),
        },
        "top_errors": [],
        "incident_id": Uuid::from_u128(30),
    });
    assert_eq!(data, expected);
}

/// Everything that people read of a message, line by line.
fn lines(message: &Message) -> Vec<String> {
    let facts = message.fields.iter().map(|(_, value)| value.clone());
    let items = message.listings.iter().flat_map(|listing| &listing.items);
    let items = items.flat_map(|item| [Some(item.title.clone()), item.detail.clone()]).flatten();
    let own = [message.title.clone(), message.short.clone().unwrap_or_default()];
    facts.chain(items).chain(own).chain(message.text.split("\n\n").map(str::to_owned)).collect()
}

proptest! {
    #[test]
    fn no_name_breaks_a_line_or_has_no_end(name in "(\\PC|[\r\n\t\u{202e}\u{2028}<>&*|]){0,3000}") {
        let mut told = error(1, &name);
        (told.culprit, told.source, told.level) = (Some(name.clone()), name.clone(), name.clone());
        let digested = Digested {
            firing_id: Uuid::nil(), recovered: false, at: at(0), value: 1.0,
            error: Some((Uuid::nil(), name.clone())),
        };
        let digest = ToldDigest {
            from: at(0), until: at(1), fired: 1, recovered: 0, firings: vec![digested],
        };
        for news in [
            News::Fired(firing(Some(told.clone()), vec![error(2, &name)])),
            News::Recovered(firing(Some(told), vec![error(2, &name)])),
            News::Digest(digest),
        ] {
            let mut notice = notice(news);
            notice.project.name = name.clone();
            notice.rule.name = name.clone();
            notice.rule.condition = name.clone();
            let message = message(&notice, URL);
            prop_assert_eq!(message.text.matches('\n').count(), 2);
            for line in lines(&message) {
                let breaks = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}');
                prop_assert!(!line.contains(breaks), "{:?}", line);
                prop_assert!(line.chars().count() <= 700, "{}", line);
            }
        }
    }
}
