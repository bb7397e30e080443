-- The rules of a project that are evaluated. Primary key.
SELECT rule_id, name, condition, threshold, time_window, notifications, severity, cooldown_seconds,
       muted_until, create_incident
FROM alert_rules
WHERE project_id = $1 AND enabled
ORDER BY rule_id
