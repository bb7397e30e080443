-- Firings of projects, newest first, before an id. Planned for its values each time: by the primary key,
-- or by the index of a rule, of an error or on open firings when one of these is asked for. Of each
-- project no more than could come into the page.
SELECT f.*
FROM unnest($1::int[]) AS wanted (project_id)
CROSS JOIN LATERAL (
  SELECT project_id, firing_id, rule_id, error_name, rule_name, condition, severity, threshold, value,
    window_end, started_at, ended_at, end_reason, muted, incident_id
  FROM firings
  WHERE project_id = wanted.project_id
    AND firing_id < $2::uuid
    AND ($3::uuid IS NULL OR rule_id = $3)
    AND ($4::uuid IS NULL OR error_name = $4)
    AND ($5::text IS DISTINCT FROM 'firing' OR ended_at IS NULL)
    AND ($5::text IS DISTINCT FROM 'ended' OR ended_at IS NOT NULL)
    AND started_at >= coalesce($6::timestamptz, '-infinity')
    AND started_at < coalesce($7::timestamptz, 'infinity')
  ORDER BY firing_id DESC
  LIMIT $8::bigint
) f
ORDER BY f.firing_id DESC, f.project_id DESC
LIMIT $8
