-- Resolves errors that are not resolved yet, so that the first time stays. Primary key of errors.
WITH changed AS (
  UPDATE errors e
  SET status = 1, regressed = false, resolved_at = $3, ignored_until = NULL,
      ignored_until_count = NULL, updated_at = $3
  FROM unnest($1::int[], $2::bigint[]) AS wanted (project_id, error_id)
  WHERE e.project_id = wanted.project_id AND e.error_id = wanted.error_id AND e.status <> 1
  RETURNING e.project_id, e.error_id
)
INSERT INTO error_activity (project_id, error_id, at, kind, details)
SELECT project_id, error_id, $3, 'resolved', $4 FROM changed
