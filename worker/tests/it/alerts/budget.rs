//! At most ten notifications a minute of one rule, the rest as one digest.

use serde_json::Value;

use super::{NOW, Rule, Rules, events};

#[tokio::test]
async fn a_flood_becomes_a_digest() {
    let mut rules = Rules::new().await;
    let condition = "error_count > 0 in 5 minutes per error";
    rules.make(Rule { condition, notifications: &["email", "slack"], ..Rule::default() }).await;
    let flood = (0..25).flat_map(|number| events(&format!("error {number}"), 1, NOW));
    rules.store(flood.collect()).await;
    assert_eq!(rules.turns().await, (25, 0));
    assert_eq!(rules.count("notifications WHERE NOT held").await, 10);
    assert_eq!(rules.count("deliveries").await, 20);
    // Within the minute nothing more goes out.
    rules.store(events("one more", 1, NOW)).await;
    assert_eq!(rules.turns().await, (1, 0));
    assert_eq!(rules.count("notifications WHERE held").await, 16);
    assert_eq!(rules.count("deliveries").await, 20);

    rules.pass(61).await;
    assert!(rules.evaluate().await.told);
    assert_eq!(rules.count("notifications WHERE held").await, 0);
    assert_eq!(rules.count("deliveries").await, 22);
    let digest: Value = rules
        .place
        .value("SELECT content -> 'news' FROM notifications WHERE kind = 'digest'")
        .await;
    assert_eq!((&digest["fired"], &digest["recovered"]), (&16.into(), &0.into()));
    assert_eq!(digest["firings"].as_array().unwrap().len(), 16);
    assert!(!rules.evaluate().await.told);
    // Every firing is told of once, by itself or in the digest.
    let sql = "SELECT count(DISTINCT firing) FROM (
            SELECT firing_id::text FROM notifications WHERE digest_id IS NULL AND firing_id IS NOT NULL
            UNION ALL SELECT line ->> 'firing_id' FROM notifications,
                jsonb_array_elements(content -> 'news' -> 'firings') AS line WHERE kind = 'digest'
        ) AS told (firing)";
    assert_eq!(rules.place.value::<i64>(sql).await, 26);
    rules.close().await;
}

#[tokio::test]
async fn rules_have_budgets_of_their_own() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 0 in 5 minutes per error").await;
    rules.rule("error_count >= 1 in 5 minutes per error").await;
    let some = (0..8).flat_map(|number| events(&format!("error {number}"), 1, NOW));
    rules.store(some.collect()).await;
    assert_eq!(rules.turns().await, (16, 0));
    assert_eq!(rules.count("notifications WHERE NOT held").await, 16);
    rules.close().await;
}

#[tokio::test]
async fn what_is_held_of_a_rule_that_is_muted_is_told_to_nobody() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 0 in 5 minutes per error").await;
    let flood = (0..12).flat_map(|number| events(&format!("error {number}"), 1, NOW));
    rules.store(flood.collect()).await;
    rules.evaluate().await;
    assert_eq!(rules.count("notifications WHERE held").await, 2);
    rules.place.execute("UPDATE alert_rules SET muted_until = now() + interval '1 hour'").await;
    rules.changed().await;
    rules.pass(61).await;
    assert!(!rules.evaluate().await.told);
    assert_eq!(rules.count("notifications WHERE held OR kind = 'digest'").await, 0);
    assert_eq!(rules.count("deliveries").await, 10);
    rules.close().await;
}
