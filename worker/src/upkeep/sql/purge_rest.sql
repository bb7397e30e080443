-- Removes roll-ups and users of deleted errors whose events are gone, a hundred groups a run. A
-- deletion may have come since the events were looked for, so they are looked for again.
WITH due AS MATERIALIZED (
  SELECT project_id, group_id FROM purges p
  WHERE NOT EXISTS (
    SELECT FROM events e WHERE e.project_id = p.project_id AND e.group_id = p.group_id)
  ORDER BY project_id, group_id LIMIT 100
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
