//! Incidents that rules open, add to and resolve.

use super::{NOW, Rule, Rules, events};

async fn history(rules: &Rules) -> String {
    let sql = "SELECT coalesce(string_agg(kind, ' ' ORDER BY change_id), '') FROM incident_changes";
    rules.place.value(sql).await
}

#[tokio::test]
async fn a_rule_opens_one_incident_adds_to_it_and_resolves_it() {
    let mut rules = Rules::new().await;
    let condition = "error_count > 0 in 1 minute per error";
    rules.make(Rule { condition, create_incident: true, ..Rule::default() }).await;
    rules.store(events("a", 1, NOW)).await;
    rules.evaluate().await;
    rules.store(events("b", 1, NOW)).await;
    rules.evaluate().await;
    assert_eq!(rules.count("incidents WHERE status = 'investigating'").await, 1);
    assert_eq!(history(&rules).await, "opened fired fired");
    assert_eq!(rules.count("firings WHERE incident_id IS NULL").await, 0);

    rules.pass(61).await;
    assert_eq!(rules.turns().await, (0, 2));
    assert_eq!(history(&rules).await, "opened fired fired recovered recovered resolved");
    let resolved = "incidents WHERE status = 'resolved' AND resolved_at IS NOT NULL";
    assert_eq!(rules.count(resolved).await, 1);
    rules.store(events("a", 1, NOW)).await;
    rules.evaluate().await;
    assert_eq!(rules.count("incidents").await, 2);
    rules.close().await;
}

#[tokio::test]
async fn what_people_did_to_an_incident_stays() {
    let mut rules = Rules::new().await;
    let condition = "error_count > 0 in 1 minute per error";
    rules.make(Rule { condition, create_incident: true, ..Rule::default() }).await;
    rules.store(events("a", 1, NOW)).await;
    rules.evaluate().await;
    rules.place.execute("UPDATE incidents SET status = 'resolved', resolved_at = now()").await;
    // It still fires; a further firing is a new incident.
    rules.store(events("b", 1, NOW)).await;
    rules.evaluate().await;
    assert_eq!(rules.count("incidents").await, 2);
    rules.pass(61).await;
    rules.evaluate().await;
    assert_eq!(rules.count("incidents WHERE status = 'resolved'").await, 2);
    assert_eq!(history(&rules).await, "opened fired opened fired recovered recovered resolved");
    rules.close().await;
}
