-- Removes what is kept by error, also of the errors that were merged into it, which have the numbers of
-- its groups ($3). Primary keys.
WITH stats AS (
  DELETE FROM error_stats WHERE project_id = $1 AND error_id = $2
), parts AS (
  DELETE FROM group_stats WHERE project_id = $1 AND group_id = ANY ($3)
), merged AS (
  DELETE FROM merged_errors WHERE project_id = $1 AND error_id = ANY ($3)
), example AS (
  DELETE FROM examples WHERE project_id = $1 AND (error_id = $2 OR error_id = ANY ($3))
), activity AS (
  DELETE FROM error_activity WHERE project_id = $1 AND (error_id = $2 OR error_id = ANY ($3))
)
DELETE FROM errors WHERE project_id = $1 AND error_id = $2
