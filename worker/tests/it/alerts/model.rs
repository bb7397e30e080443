//! What is measured, compared with counting the events one by one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use shared::alerts::condition::{Condition, Metric, ResolvedCondition, Scope};
use shared::alerts::measure::{Measures, Moments, Value};
use shared::alerts::slots::{self, Stretch};
use shared::batch::{Entry, Facet};
use shared::event::Level;

use super::{PROJECT, Rules, received};

const ROUNDS: usize = 12;

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let one = (0..4_u8, 0..3_usize, 0..3_u8, 0..5_i64, 0..1_000_i64).prop_map(
        |(error, level, source, user, ago)| {
            let facet = Facet {
                level: Level::ALL[level + 2],
                source: format!("source-{source}"),
                environment: "production".to_owned(),
                release: String::new(),
            };
            let user_hash = (user > 0).then_some(user);
            let message = format!("error {error}");
            Entry { facet, user_hash, ..received(&message, TimeDelta::seconds(ago)) }
        },
    );
    proptest::collection::vec(one, 1..150)
}

fn conditions() -> Vec<ResolvedCondition> {
    let mut all = Vec::new();
    for metric in ["error_count", "error_rate", "error_count_change", "users_affected"] {
        for window in ["1m", "5m", "7m", "1h"] {
            for filter in [
                "",
                "where level = error",
                "where source in (source-0, source-1)",
                "where message ~ \"ERROR 1\"",
                "where level != error and message ~ 2",
            ] {
                for scope in ["", "per error"] {
                    all.push(format!("{metric} > 0 in {window} {filter} {scope}"));
                }
            }
        }
    }
    let parsed = all.iter().map(|text| text.parse::<Condition>().unwrap());
    parsed.map(|condition| condition.resolve(None, None).unwrap()).collect()
}

/// The events that count, as (error, user).
fn counted<'a>(
    entries: &'a [Entry],
    condition: &'a ResolvedCondition,
    stretch: Stretch,
) -> impl Iterator<Item = &'a Entry> {
    entries.iter().filter(move |entry| {
        let slot = slots::end_of_slot(entry.received_at) - slots::SLOT;
        let text = entry.message.to_lowercase();
        slot >= stretch.start
            && slot < stretch.end
            && condition.matches_facet(&entry.facet)
            && condition.message_texts().all(|part| text.contains(&part.to_lowercase()))
    })
}

fn value(
    entries: &[Entry],
    condition: &ResolvedCondition,
    end: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<f64> {
    let window = slots::window(end, condition.window, now);
    let count = |stretch| counted(entries, condition, stretch).count() as f64;
    let this = count(window);
    match condition.metric {
        Metric::ErrorCount => Some(this),
        Metric::ErrorRate => Some(this / f64::from(condition.window.minutes())),
        Metric::ErrorCountChange => {
            let before = count(slots::window_before(end, condition.window, now));
            (before > 0.0).then(|| (this - before) / before * 100.0)
        }
        _ => {
            let users = counted(entries, condition, window).filter_map(|entry| entry.user_hash);
            Some(users.collect::<BTreeSet<i64>>().len() as f64)
        }
    }
}

#[tokio::test]
async fn measures_count_what_was_stored() {
    let mut runner = TestRunner::deterministic();
    for round in 0..ROUNDS {
        let rules = Rules::new().await;
        rules.rule("users_affected > 1000 in 1h").await;
        let entries = entries().new_tree(&mut runner).unwrap().current();
        rules.store(entries.clone()).await;
        let client = rules.place.pool.get().await.unwrap();
        let sql = "SELECT error_id, message FROM errors";
        let names: BTreeMap<i64, String> = client
            .query(sql, &[])
            .await
            .unwrap()
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
        let now = shared::time::now();
        let end = slots::end_of_slot(now);
        let ends = vec![end - slots::SLOT * 20, end - slots::SLOT * 3, end];
        let moments = Moments { now, ends };
        let (mut measures, conditions) = (Measures::new(), conditions());
        let ids: Vec<_> = conditions.iter().map(|condition| measures.add(condition)).collect();
        let errors = names.keys().copied().collect();
        let measured = measures.take(&client, PROJECT, &moments, &errors).await.unwrap();
        for (condition, id) in conditions.iter().zip(ids) {
            for (place, end) in moments.ends.iter().enumerate() {
                let found = measured.value(id, place).unwrap();
                let expected = match condition.scope {
                    Scope::Project => Value::Project(value(&entries, condition, *end, now)),
                    Scope::EachError => {
                        Value::Errors(by_error(&entries, &names, condition, *end, now))
                    }
                };
                assert_eq!(*found, expected, "round {round}, {condition:?} at {end}");
            }
        }
        drop(client);
        rules.close().await;
    }
}

fn by_error(
    entries: &[Entry],
    names: &BTreeMap<i64, String>,
    condition: &ResolvedCondition,
    end: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<(i64, f64)> {
    let of = |message: &String| -> Vec<Entry> {
        entries.iter().filter(|entry| entry.message == *message).cloned().collect()
    };
    let values =
        names.iter().map(|(error, message)| (*error, value(&of(message), condition, end, now)));
    // An error without events has no value, but for one that had some before.
    let is_there = |value: f64| value > 0.0 || condition.metric == Metric::ErrorCountChange;
    values
        .filter_map(|(error, value)| Some((error, value.filter(|value| is_there(*value))?)))
        .collect()
}
