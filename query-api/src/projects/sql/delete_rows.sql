-- Removes what leads to the groups of a project, what is kept by error, and its alerts. All by the
-- project at the front of their primary keys.
WITH names AS (
  DELETE FROM error_names WHERE project_id = $1
), project_groups AS (
  DELETE FROM groups WHERE project_id = $1
), project_errors AS (
  DELETE FROM errors WHERE project_id = $1
), stats AS (
  DELETE FROM error_stats WHERE project_id = $1
), parts AS (
  DELETE FROM group_stats WHERE project_id = $1
), merged AS (
  DELETE FROM merged_errors WHERE project_id = $1
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
), rules AS (
  DELETE FROM alert_rules WHERE project_id = $1
), evaluations AS (
  DELETE FROM alert_evaluations WHERE project_id = $1
), slots AS (
  DELETE FROM changed_slots WHERE project_id = $1
), arrivals AS (
  DELETE FROM error_arrivals WHERE project_id = $1
), fired AS (
  DELETE FROM firings WHERE project_id = $1
), told AS (
  DELETE FROM notifications WHERE project_id = $1
), outbox AS (
  DELETE FROM deliveries WHERE project_id = $1
), opened AS (
  DELETE FROM incidents WHERE project_id = $1
), history AS (
  DELETE FROM incident_changes WHERE project_id = $1
)
DELETE FROM facets WHERE project_id = $1
