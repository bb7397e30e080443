-- Removes what leads to the groups of a project, and what is kept by error. All by the project at
-- the front of their primary keys.
WITH names AS (
  DELETE FROM error_names WHERE project_id = $1
), project_groups AS (
  DELETE FROM groups WHERE project_id = $1
), project_errors AS (
  DELETE FROM errors WHERE project_id = $1
), stats AS (
  DELETE FROM error_stats WHERE project_id = $1
), kept_examples AS (
  DELETE FROM examples WHERE project_id = $1
), activity AS (
  DELETE FROM error_activity WHERE project_id = $1
), held_bytes AS (
  DELETE FROM payload_bytes WHERE project_id = $1
), revisions AS (
  DELETE FROM project_revisions WHERE project_id = $1
), deleted AS (
  DELETE FROM deleted_names WHERE project_id = $1
)
DELETE FROM facets WHERE project_id = $1
