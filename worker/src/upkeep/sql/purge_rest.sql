-- Removes roll-ups and users of deleted errors whose events are gone, a hundred groups a run.
WITH due AS MATERIALIZED (
  SELECT project_id, group_id FROM purges ORDER BY project_id, group_id LIMIT 100
), slots AS (
  DELETE FROM event_slots t USING due WHERE t.project_id = due.project_id AND t.group_id = due.group_id
), hours AS (
  DELETE FROM event_hours t USING due WHERE t.project_id = due.project_id AND t.group_id = due.group_id
), facets AS (
  DELETE FROM group_facets t USING due WHERE t.project_id = due.project_id AND t.group_id = due.group_id
), users AS (
  DELETE FROM group_users t USING due WHERE t.project_id = due.project_id AND t.group_id = due.group_id
)
DELETE FROM purges t USING due WHERE t.project_id = due.project_id AND t.group_id = due.group_id
