-- Removes what is kept by error. Primary keys.
WITH stats AS (
  DELETE FROM error_stats WHERE project_id = $1 AND error_id = $2
), example AS (
  DELETE FROM examples WHERE project_id = $1 AND error_id = $2
), activity AS (
  DELETE FROM error_activity WHERE project_id = $1 AND error_id = $2
)
DELETE FROM errors WHERE project_id = $1 AND error_id = $2
