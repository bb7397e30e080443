-- Writes all that may change of a rule, by primary key.
UPDATE alert_rules
SET name = $3, condition = $4, threshold = $5, time_window = $6, enabled = $7, notifications = $8,
  severity = $9, cooldown_seconds = $10, muted_until = $11, create_incident = $12,
  updated_at = statement_timestamp()
WHERE project_id = $1 AND rule_id = $2
