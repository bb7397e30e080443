-- Assigns errors to somebody, or to nobody. Primary key of errors.
WITH changed AS (
  UPDATE errors e
  SET assigned_to = $5, updated_at = $3
  FROM unnest($1::int[], $2::bigint[]) AS wanted (project_id, error_id)
  WHERE e.project_id = wanted.project_id AND e.error_id = wanted.error_id
    AND e.assigned_to IS DISTINCT FROM $5
  RETURNING e.project_id, e.error_id
)
INSERT INTO error_activity (project_id, error_id, at, kind, details)
SELECT project_id, error_id, $3, 'assigned', $4 FROM changed
