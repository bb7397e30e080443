-- Rules of projects, oldest first, from an offset on, each with how many of its firings are open. Of each
-- project by the index on the order, no more than could come into the page; firings by the index on
-- open ones.
SELECT r.project_id, r.rule_id, r.name, r.condition, r.threshold, r.time_window, r.enabled,
  r.notifications, r.severity, r.cooldown_seconds, r.muted_until, r.create_incident,
  r.last_triggered, r.created_at, r.updated_at,
  coalesce(r.muted_until > clock_timestamp(), false) AS is_muted,
  (SELECT count(*) FROM firings f
   WHERE f.project_id = r.project_id AND f.rule_id = r.rule_id AND f.ended_at IS NULL
  ) AS firing_count
FROM unnest($1::int[]) AS wanted (project_id)
CROSS JOIN LATERAL (
  SELECT *
  FROM alert_rules
  WHERE project_id = wanted.project_id
  ORDER BY created_at, rule_id
  LIMIT $2::bigint + $3::bigint
) r
ORDER BY r.created_at, r.rule_id
LIMIT $2 OFFSET $3
