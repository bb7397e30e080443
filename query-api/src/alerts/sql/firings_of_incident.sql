-- The newest firings of an incident, by the index on it.
SELECT project_id, firing_id, rule_id, error_name, rule_name, condition, severity, threshold, value,
  window_end, started_at, ended_at, end_reason, muted, incident_id
FROM firings
WHERE project_id = $1 AND incident_id = $2
ORDER BY firing_id DESC
LIMIT $3
