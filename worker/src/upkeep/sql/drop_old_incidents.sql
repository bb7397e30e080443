-- Removes incidents that were resolved before a time, with their histories, at most $3. An id is that of its
-- beginning, so those that began later are not looked at. Primary keys, project by project.
WITH old AS (
  SELECT i.project_id, i.incident_id
  FROM projects p
  JOIN incidents i ON i.project_id = p.id AND i.incident_id < $1
  WHERE i.status = 'resolved' AND i.resolved_at < $2
  LIMIT $3
), history AS (
  DELETE FROM incident_changes c USING old
  WHERE c.project_id = old.project_id AND c.incident_id = old.incident_id
)
DELETE FROM incidents i USING old
WHERE i.project_id = old.project_id AND i.incident_id = old.incident_id
