//! How Postgres goes about the lists, among many rows: by an index, and no further than the page.

use crate::support::Server;

const ROWS: &str = "
INSERT INTO firings (project_id, firing_id, rule_id, error_id, error_name, rule_name, condition, severity,
  threshold, value, window_end, started_at, ended_at, end_reason, cooldown_until, muted, incident_id)
SELECT 1 + n % 2, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % 500), 32, '0')::uuid, n,
  lpad(to_hex(n % 3000), 32, '0')::uuid, 'r', 'error_count > 5 in 5 minutes', 'low', 5, 6, now(), now(),
  CASE WHEN n % 1000 > 1 THEN now() END, CASE WHEN n % 1000 > 1 THEN 'recovered' END, now(), false,
  lpad(to_hex(n % 4000), 32, '0')::uuid
FROM generate_series(1, 40000) AS n;
INSERT INTO notifications (project_id, delivery_id, rule_id, firing_id, kind, channels, content, held,
  created_at)
SELECT 1 + n % 2, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % 500), 32, '0')::uuid,
  lpad(to_hex(n), 32, '0')::uuid, 'fired', '{email}', '{}', false, now()
FROM generate_series(1, 40000) AS n;
INSERT INTO deliveries (project_id, delivery_id, channel, status, next_attempt_at, created_at)
SELECT 1 + n % 2, lpad(to_hex(n), 32, '0')::uuid, 'email',
  CASE WHEN n % 1000 < 2 THEN 'failed' ELSE 'delivered' END, now(), now()
FROM generate_series(1, 40000) AS n;
INSERT INTO incidents (project_id, incident_id, title, severity, status)
SELECT 1 + n % 2, lpad(to_hex(n), 32, '0')::uuid, 't', 'low', 'resolved'
FROM generate_series(1, 40000) AS n;
INSERT INTO incident_changes (project_id, incident_id, kind, actor)
SELECT 1 + n % 2, lpad(to_hex(n % 4000), 32, '0')::uuid, 'opened', 'r'
FROM generate_series(1, 40000) AS n;
INSERT INTO alert_rules (project_id, rule_id, name, condition, threshold, time_window, enabled,
  notifications, severity, cooldown_seconds, create_incident, created_at)
SELECT 1 + n % 2, lpad(to_hex(n), 32, '0')::uuid, 'r', 'error_count > 5 in 5 minutes', 5, '5m', true, '{}',
  'low', 0, false, now() + n * interval '1 ms'
FROM generate_series(1, 20000) AS n;
ANALYZE firings, notifications, deliveries, incidents, incident_changes, alert_rules;
SET plan_cache_mode = force_custom_plan";

/// Expects that a statement with these values goes by the index, and reads no table as a whole.
async fn check(server: &Server, sql: &str, values: &str, index: &str) {
    server.db.batch_execute(&format!("PREPARE checked AS {sql}")).await.unwrap();
    let explain = format!("EXPLAIN (ANALYZE, COSTS OFF) EXECUTE checked ({values})");
    let rows = server.db.query(&explain, &[]).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains(index), "{values} should go by {index}:\n{plan}");
    assert!(!plan.contains("Seq Scan"), "{values}:\n{plan}");
    server.db.batch_execute("DEALLOCATE checked").await.unwrap();
}

#[tokio::test]
async fn lists_go_by_their_indices() {
    let server = Server::start().await;
    server.db.batch_execute(ROWS).await.unwrap();
    let newest = "'{1,2}', 'ffffffff-ffff-ffff-ffff-ffffffffffff'";
    let id = "'00000000-0000-0000-0000-000000000007'";
    let firings = include_str!("../../../src/alerts/sql/firings.sql");
    for (values, index) in [
        ("NULL, NULL, NULL, NULL, NULL, 51".to_owned(), "firings_pkey"),
        ("NULL, NULL, 'ended', NULL, NULL, 51".to_owned(), "firings_pkey"),
        (format!("{id}, NULL, NULL, NULL, NULL, 51"), "firings_by_rule"),
        (format!("NULL, {id}, NULL, NULL, NULL, 51"), "firings_by_error"),
        ("NULL, NULL, 'firing', NULL, NULL, 51".to_owned(), "firings_open"),
    ] {
        check(&server, firings, &format!("{newest}, {values}"), index).await;
    }
    let of_incident = include_str!("../../../src/alerts/sql/firings_of_incident.sql");
    check(&server, of_incident, &format!("2, {id}, 100"), "firings_by_incident").await;
    let told = include_str!("../../../src/alerts/sql/told.sql");
    check(&server, told, &format!("'{{2}}', ARRAY[{id}::uuid]"), "notifications_by_firing").await;

    let deliveries = include_str!("../../../src/alerts/sql/deliveries.sql");
    for (values, index) in [
        ("'', NULL, NULL, NULL, 51".to_owned(), "deliveries_pkey"),
        ("'', NULL, 'failed', NULL, 51".to_owned(), "deliveries_failed"),
        (format!("'', {id}, NULL, NULL, 51"), "notifications_by_rule"),
    ] {
        check(&server, deliveries, &format!("{newest}, {values}"), index).await;
    }
    let incidents = include_str!("../../../src/alerts/incidents/sql/list.sql");
    check(&server, incidents, &format!("{newest}, NULL, NULL, 51"), "incidents_pkey").await;
    let history = include_str!("../../../src/alerts/incidents/sql/history.sql");
    check(&server, history, &format!("2, {id}, 500"), "incident_changes_pkey").await;
    let rules = include_str!("../../../src/alerts/rules/sql/list.sql");
    check(&server, rules, "'{1,2}', 1000, 0", "alert_rules_in_order").await;
    server.stop().await;
}
