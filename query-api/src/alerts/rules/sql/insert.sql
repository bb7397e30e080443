-- Makes a rule. The time is that of the clock, not of the transaction's begin, so that rules of a
-- project are listed in the order in which they passed its door.
INSERT INTO alert_rules (project_id, rule_id, name, condition, threshold, time_window, enabled,
  notifications, severity, cooldown_seconds, muted_until, create_incident, created_at, updated_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now, now
FROM statement_timestamp() AS now
