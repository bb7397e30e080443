//! A rule fires once, recovers, cools down, is muted, is changed.

use chrono::TimeDelta;
use serde_json::Value;
use uuid::Uuid;
use worker::alerts::evaluate::Evaluator;

use super::{NOW, PROJECT, Rule, Rules, events};

#[tokio::test]
async fn a_rule_fires_once_and_recovers_once() {
    let mut rules = Rules::new().await;
    let rule = rules.rule("error_count > 2 in 5 minutes").await;
    rules.store(events("a", 2, NOW)).await;
    assert_eq!(rules.turns().await, (0, 0));
    rules.store(events("b", 1, NOW)).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.store(events("b", 5, NOW)).await;
    assert_eq!(rules.turns().await, (0, 0));
    assert_eq!(rules.count("firings WHERE ended_at IS NULL").await, 1);
    rules.pass(301).await;
    assert_eq!(rules.turns().await, (0, 1));
    assert_eq!(rules.turns().await, (0, 0));

    let sql = "SELECT to_jsonb(f) FROM firings f";
    let firing: Value = rules.place.value(sql).await;
    assert_eq!((&firing["value"], &firing["threshold"]), (&3.into(), &2.into()));
    assert_eq!(firing["end_reason"], "recovered");
    assert_eq!(firing["rule_id"], rule.to_string());
    let triggered = "alert_rules WHERE last_triggered IS NOT NULL";
    assert_eq!(rules.count(triggered).await, 1);
    let told = "SELECT string_agg(kind, ',' ORDER BY delivery_id) FROM notifications";
    assert_eq!(rules.place.value::<String>(told).await, "fired,recovered");
    assert_eq!(rules.count("deliveries WHERE status = 'pending'").await, 2);
    // And again.
    rules.store(events("a", 3, NOW)).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.close().await;
}

#[tokio::test]
async fn a_new_rule_sees_the_past_at_once() {
    let mut rules = Rules::new().await;
    rules.store(events("a", 3, TimeDelta::minutes(3))).await;
    rules.rule("error_count > 2 in 5 minutes").await;
    rules.rule("error_count > 2 in 5 minutes per error").await;
    assert_eq!(rules.turns().await, (2, 0));
    rules.close().await;
}

#[tokio::test]
async fn each_error_has_a_state_of_its_own() {
    let mut rules = Rules::new().await;
    rules.rule("error_count >= 2 in 5 minutes per error").await;
    rules.store(events("a", 2, TimeDelta::minutes(4))).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.store([events("b", 2, NOW), events("c", 1, NOW)].concat()).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.pass(90).await;
    assert_eq!(rules.turns().await, (0, 1));
    let sql = "SELECT string_agg(e.message, ',') FROM firings f JOIN errors e
        ON e.public_id = f.error_name WHERE f.ended_at IS NULL";
    assert_eq!(rules.place.value::<String>(sql).await, "b");
    // What is deleted is true no longer.
    rules.place.execute("DELETE FROM groups; DELETE FROM errors").await;
    assert_eq!(rules.turns().await, (0, 1));
    rules.close().await;
}

#[tokio::test]
async fn a_rule_cools_down() {
    let mut rules = Rules::new().await;
    let condition = "error_count > 0 in 1 minute";
    rules.make(Rule { condition, cooldown: 600, ..Rule::default() }).await;
    rules.store(events("a", 1, NOW)).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.pass(61).await;
    assert_eq!(rules.turns().await, (0, 1));
    rules.store(events("a", 1, NOW)).await;
    assert_eq!(rules.turns().await, (0, 0));
    // Ten minutes after it fired, and it is true all the time.
    rules.place.execute("UPDATE firings SET cooldown_until = clock_timestamp()").await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.close().await;
}

#[tokio::test]
async fn a_rule_fires_again_when_its_cooldown_ends_between_two_looks() {
    let mut rules = Rules::new().await;
    let condition = "error_count > 0 in 5 minutes per error";
    rules.make(Rule { condition, cooldown: 330, ..Rule::default() }).await;
    rules.store(events("a", 1, NOW)).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.pass(301).await;
    assert_eq!(rules.turns().await, (0, 1));
    rules.store(events("a", 1, NOW)).await;
    assert_eq!(rules.turns().await, (0, 0));
    // The cooldown is over by now; nothing else has happened since the last look.
    rules.pass(60).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.close().await;
}

#[tokio::test]
async fn a_muted_rule_fires_and_tells_nobody() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 0 in 1 minute").await;
    rules.place.execute("UPDATE alert_rules SET muted_until = now() + interval '1 hour'").await;
    rules.store(events("a", 1, NOW)).await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.place.execute("UPDATE alert_rules SET muted_until = NULL").await;
    rules.changed().await;
    rules.pass(61).await;
    assert_eq!(rules.turns().await, (0, 1));
    assert_eq!(rules.count("firings WHERE muted").await, 1);
    assert_eq!(rules.count("notifications").await, 0);
    rules.close().await;
}

#[tokio::test]
async fn a_disabled_rule_is_not_evaluated_and_a_changed_one_as_it_is_now() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 5 in 5 minutes").await;
    rules.store(events("a", 4, NOW)).await;
    assert_eq!(rules.turns().await, (0, 0));
    let sql = "UPDATE alert_rules SET condition = 'error_count > 3 in 5 minutes', threshold = 3";
    rules.place.execute(sql).await;
    rules.changed().await;
    rules.place.execute("UPDATE alert_rules SET enabled = false").await;
    rules.changed().await;
    assert_eq!(rules.turns().await, (0, 0));
    rules.place.execute("UPDATE alert_rules SET enabled = true").await;
    rules.changed().await;
    assert_eq!(rules.turns().await, (1, 0));
    rules.close().await;
}

#[tokio::test]
async fn many_evaluators_at_once_fire_once() {
    let rules = Rules::new().await;
    rules.rule("error_count > 0 in 5 minutes").await;
    rules.rule("error_count > 0 in 5 minutes per error").await;
    for round in 0..10 {
        rules.store(events(&format!("round {round}"), 1, NOW)).await;
        let evaluating = (0..6).map(|_| {
            let mut evaluator = Evaluator::new(rules.place.pool.clone());
            async move { evaluator.evaluate(PROJECT).await.unwrap() }
        });
        rules.place.execute("UPDATE alert_evaluations SET not_before = now()").await;
        futures_util::future::join_all(evaluating).await;
    }
    let mut last = rules;
    last.evaluate().await;
    let sql = "SELECT count(DISTINCT (rule_id, error_id)) FROM firings";
    assert_eq!(last.place.value::<i64>(sql).await, 11);
    assert_eq!(last.count("firings").await, 11);
    assert_eq!(last.count("notifications").await, 11);
    last.close().await;
}

#[tokio::test]
async fn an_evaluation_that_is_lost_happens_again() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 0 in 5 minutes").await;
    rules.store(events("a", 1, NOW)).await;
    // The last statement of an evaluation fails, after everything else was written.
    rules.place.execute("ALTER TABLE alert_evaluations RENAME COLUMN due_at TO gone").await;
    rules.place.execute("UPDATE alert_evaluations SET not_before = now()").await;
    rules.evaluator.evaluate(PROJECT).await.unwrap_err();
    assert_eq!(rules.count("firings").await, 0);
    rules.place.execute("ALTER TABLE alert_evaluations RENAME COLUMN gone TO due_at").await;
    assert_eq!(rules.turns().await, (1, 0));
    assert_eq!(rules.count("notifications").await, 1);
    rules.close().await;
}

#[tokio::test]
async fn what_is_told_says_what_where_and_how_many() {
    let mut rules = Rules::new().await;
    let condition = "error_count > 2 in 5 minutes where environment = production";
    let rule: Uuid = rules.rule(condition).await;
    rules.store([events("often", 3, NOW), events("once", 1, NOW)].concat()).await;
    rules.evaluate().await;
    let told: Value = rules.place.value("SELECT content FROM notifications").await;
    assert_eq!(told["project"]["id"], PROJECT.0);
    assert_eq!(told["rule"]["id"], rule.to_string());
    assert_eq!(told["rule"]["threshold"], 2.0);
    assert_eq!(told["rule"]["window"], "5 minutes");
    let news = &told["news"];
    assert_eq!((&news["kind"], &news["value"]), (&"fired".into(), &4.0.into()));
    let top: Vec<(&str, u64)> = news["top_errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["title"].as_str().unwrap(), error["events"].as_u64().unwrap()))
        .collect();
    assert_eq!(top, [("often", 3), ("once", 1)]);
    rules.close().await;
}

#[tokio::test]
async fn a_rule_over_a_long_time_sees_the_past_at_once_too() {
    let mut rules = Rules::new().await;
    rules.store(events("a", 3, TimeDelta::hours(30))).await;
    rules.rule("error_count > 2 in 2 days per error").await;
    rules.rule("error_count < 4 in 2 days per error").await;
    assert_eq!(rules.turns().await, (2, 0));
    rules.close().await;
}
