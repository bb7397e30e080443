-- Lets a project whose evaluation failed rest, so that it keeps nobody else waiting. Primary key.
UPDATE alert_evaluations
SET not_before = greatest(not_before, clock_timestamp() + $2::float8 * interval '1 second')
WHERE project_id = $1
