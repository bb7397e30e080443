-- Opens errors that are resolved or ignored. Primary key of errors.
WITH changed AS (
  UPDATE errors e
  SET status = 0, regressed = false, resolved_at = NULL, settled_at = NULL, ignored_until = NULL,
      ignored_until_count = NULL, updated_at = $3
  FROM unnest($1::int[], $2::bigint[]) AS wanted (project_id, error_id)
  WHERE e.project_id = wanted.project_id AND e.error_id = wanted.error_id AND e.status <> 0
  RETURNING e.project_id, e.error_id
)
INSERT INTO error_activity (project_id, error_id, at, kind, details)
SELECT project_id, error_id, $3, 'unresolved', $4 FROM changed
