-- Ignores errors, until a time or a number of further events where given. Ignoring again replaces
-- the conditions. Primary keys of errors and error_stats.
WITH changed AS (
  UPDATE errors e
  SET status = 2, regressed = false, resolved_at = NULL, settled_at = NULL, ignored_until = $5,
      ignored_until_count = s.event_count + $6, updated_at = $3
  FROM unnest($1::int[], $2::bigint[]) AS wanted (project_id, error_id)
  JOIN error_stats s ON s.project_id = wanted.project_id AND s.error_id = wanted.error_id
  WHERE e.project_id = wanted.project_id AND e.error_id = wanted.error_id
    AND (e.status <> 2
      OR e.ignored_until IS DISTINCT FROM $5
      OR e.ignored_until_count IS DISTINCT FROM s.event_count + $6)
  RETURNING e.project_id, e.error_id
)
INSERT INTO error_activity (project_id, error_id, at, kind, details)
SELECT project_id, error_id, $3, 'ignored', $4 FROM changed
