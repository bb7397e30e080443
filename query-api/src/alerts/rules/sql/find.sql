-- A rule in any of these projects, and how many of its firings are open. By primary key, and by the
-- index on open firings.
SELECT r.project_id, r.rule_id, r.name, r.condition, r.threshold, r.time_window, r.enabled,
  r.notifications, r.severity, r.cooldown_seconds, r.muted_until, r.create_incident,
  r.last_triggered, r.created_at, r.updated_at,
  coalesce(r.muted_until > clock_timestamp(), false) AS is_muted,
  (SELECT count(*) FROM firings f
   WHERE f.project_id = r.project_id AND f.rule_id = r.rule_id AND f.ended_at IS NULL
  ) AS firing_count
FROM alert_rules r
WHERE r.project_id = ANY ($1) AND r.rule_id = $2
