-- Opens ignored errors whose time has come, by the partial index errors_closed. Answers their projects.
WITH due AS (
  SELECT project_id, error_id FROM errors
  WHERE status = 2 AND ignored_until <= now()
  ORDER BY project_id, error_id
  FOR UPDATE
), woken AS (
  UPDATE errors e
  SET status = 0, ignored_until = NULL, ignored_until_count = NULL, updated_at = now()
  FROM due
  WHERE e.project_id = due.project_id AND e.error_id = due.error_id
  RETURNING e.project_id, e.error_id
), noted AS (
  INSERT INTO error_activity (project_id, error_id, at, kind)
  SELECT project_id, error_id, now(), 'reopened' FROM woken
)
SELECT DISTINCT project_id FROM woken
