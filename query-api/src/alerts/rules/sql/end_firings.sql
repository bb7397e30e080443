-- Ends the open firings of a rule, and with them the time for which it would stay quiet. By the index on
-- open firings. One time for all of it: quiet ends no earlier than the firing.
UPDATE firings
SET ended_at = statement_timestamp(), end_reason = $3, cooldown_until = statement_timestamp()
WHERE project_id = $1 AND rule_id = $2 AND ended_at IS NULL
RETURNING incident_id
