//! What each metric measures, and which events count.

use chrono::TimeDelta;
use shared::batch::{Entry, Facet};
use shared::event::Level;

use super::{NOW, Rules, events, received};

fn at(message: &str, level: Level, source: &str, environment: &str, release: &str) -> Entry {
    let facet = Facet {
        level,
        source: source.to_owned(),
        environment: environment.to_owned(),
        release: release.to_owned(),
    };
    Entry { facet, ..received(message, NOW) }
}

fn of_user(message: &str, user: i64, ago: TimeDelta) -> Entry {
    Entry { user_hash: Some(user), ..received(message, ago) }
}

/// Whether rules fire, each by itself, over the same events.
async fn check(rules: &mut Rules, expected: &[(&str, bool)]) {
    let mut ids = Vec::new();
    for (condition, _) in expected {
        ids.push(rules.rule(condition).await);
    }
    rules.evaluate().await;
    for (id, (condition, fires)) in ids.iter().zip(expected) {
        let firings = rules.count(&format!("firings WHERE rule_id = '{id}'")).await;
        assert_eq!(firings > 0, *fires, "{condition}: {firings} firings");
    }
}

#[tokio::test]
async fn filters_pick_the_events_that_count() {
    let mut rules = Rules::new().await;
    let stored = vec![
        at("timeout of 100% here", Level::Error, "backend", "production", "1.0"),
        at("timeout of 100% here", Level::Fatal, "backend", "production", "1.1"),
        at("no memory", Level::Error, "frontend", "staging", ""),
        at("no memory", Level::Info, "frontend", "production", "1.0"),
    ];
    rules.store(stored).await;
    check(
        &mut rules,
        &[
            ("error_count >= 4 in 5m", true),
            ("error_count > 4 in 5m", false),
            ("error_count == 2 in 5m where level = error", true),
            ("error_count == 1 in 5m where level = error and source = backend", true),
            ("error_count == 3 in 5m where level != info", true),
            ("error_count == 1 in 5m where environment not in (production)", true),
            ("error_count == 2 in 5m where release = \"1.0\"", true),
            ("error_count == 3 in 5m where level in (error, fatal)", true),
            ("error_count == 2 in 5m where message ~ \"TIMEOUT\"", true),
            ("error_count == 2 in 5m where message ~ \"100%\"", true),
            ("error_count == 0 in 5m where message ~ \"1_0\"", true),
            ("error_count == 1 in 5m where message ~ memory and level = info", true),
            ("error_count == 0 in 5m where message ~ memory and message ~ timeout", true),
            ("error_rate == 0.8 in 5m", true),
            ("error_rate > 0.8 in 5m", false),
            ("error_count >= 2 in 5m where message ~ memory per error", true),
            ("error_count >= 2 in 5m where level = error per error", false),
        ],
    )
    .await;
    rules.close().await;
}

#[tokio::test]
async fn only_the_window_counts() {
    let mut rules = Rules::new().await;
    rules.store(events("a", 2, TimeDelta::minutes(30))).await;
    rules.store(events("a", 3, TimeDelta::minutes(3))).await;
    rules.store(events("a", 1, NOW)).await;
    check(
        &mut rules,
        &[
            ("error_count == 1 in 1m", true),
            ("error_count == 4 in 5m", true),
            ("error_count == 6 in 1h", true),
            ("error_count == 6 in 1h per error", true),
            ("error_count == 6 in 30d", true),
        ],
    )
    .await;
    rules.close().await;
}

#[tokio::test]
async fn a_change_is_against_the_window_before() {
    let mut rules = Rules::new().await;
    rules.store(events("a", 2, TimeDelta::minutes(7))).await;
    rules.store(events("a", 5, NOW)).await;
    rules.store(events("b", 4, NOW)).await;
    check(
        &mut rules,
        &[
            ("error_count_change == 350 in 5m", true),
            ("error_count_change == 150 in 5m per error", true),
            ("error_count_change == 150 in 5m where message ~ a", true),
            // Nothing was there before: no value, which is never true.
            ("error_count_change >= 0 in 5m where message ~ b", false),
            ("error_count_change < 0 in 5m where message ~ b", false),
            ("error_count_change > -100 in 1h", false),
        ],
    )
    .await;
    rules.close().await;
}

#[tokio::test]
async fn new_errors_and_regressions_are_counted_as_they_arrive() {
    let mut rules = Rules::new().await;
    rules.store([events("a", 3, NOW), events("b", 1, NOW)].concat()).await;
    rules
        .place
        .execute(
            "UPDATE errors SET status = 1, settled_at = now() - interval '1 hour'
        WHERE message = 'a'",
        )
        .await;
    rules.store(events("a", 2, NOW)).await;
    check(
        &mut rules,
        &[
            ("new_error_count == 2 in 5m", true),
            ("new_error_count == 1 in 5m where message ~ b", true),
            ("new_error_count == 0 in 5m where level = fatal", true),
            ("regression_count == 1 in 5m", true),
            ("regression_count == 0 in 5m where message ~ b", true),
        ],
    )
    .await;
    // An error that was deleted has not been there.
    rules.place.execute("DELETE FROM errors WHERE message = 'b'").await;
    check(&mut rules, &[("new_error_count == 1 in 10m", true)]).await;
    rules.close().await;
}

#[tokio::test]
async fn users_are_counted_once_from_the_first_rule_on() {
    let mut rules = Rules::new().await;
    rules.store(vec![of_user("a", 1, NOW)]).await;
    assert_eq!(rules.count("user_slots").await, 0);
    rules.rule("users_affected > 1000 in 1h").await;
    let fatal = Entry {
        facet: Facet { level: Level::Fatal, ..received("a", NOW).facet },
        ..of_user("a", 4, NOW)
    };
    rules
        .store(vec![
            of_user("a", 2, NOW),
            of_user("a", 2, TimeDelta::minutes(2)),
            of_user("a", 3, NOW),
            of_user("b", 2, NOW),
            fatal,
            received("b", NOW),
        ])
        .await;
    check(
        &mut rules,
        &[
            ("users_affected == 3 in 5m", true),
            ("users_affected == 1 in 5m where level = fatal", true),
            ("users_affected == 1 in 5m where message ~ b", true),
            ("users_affected >= 3 in 5m per error", true),
            ("users_affected > 3 in 5m per error", false),
            ("users_affected >= 3 in 5m where level = error per error", false),
        ],
    )
    .await;
    rules.close().await;
}
