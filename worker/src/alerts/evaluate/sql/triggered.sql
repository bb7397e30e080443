-- When rules fired last. Primary key.
UPDATE alert_rules r
SET last_triggered = fired.at
FROM unnest($2::uuid[], $3::timestamptz[]) AS fired (rule_id, at)
WHERE r.project_id = $1 AND r.rule_id = fired.rule_id
