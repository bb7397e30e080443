-- Resolves errors. Of one that is resolved already the shown time stays, but what was received up to
-- now does not reopen it. Primary key of errors.
WITH wanted AS (
  SELECT e.project_id, e.error_id, e.status <> 1 AS changes
  FROM unnest($1::int[], $2::bigint[]) AS given (project_id, error_id)
  JOIN errors e USING (project_id, error_id)
), resolved AS (
  UPDATE errors e
  SET status = 1, regressed = false, ignored_until = NULL, ignored_until_count = NULL,
      settled_at = $3,
      resolved_at = CASE WHEN wanted.changes THEN $3 ELSE e.resolved_at END,
      updated_at = CASE WHEN wanted.changes THEN $3 ELSE e.updated_at END
  FROM wanted
  WHERE e.project_id = wanted.project_id AND e.error_id = wanted.error_id
), changed AS (
  SELECT project_id, error_id FROM wanted WHERE changes
)
INSERT INTO error_activity (project_id, error_id, at, kind, details)
SELECT project_id, error_id, $3, 'resolved', $4 FROM changed
