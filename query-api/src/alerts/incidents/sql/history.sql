-- The newest of an incident's history, oldest first, by primary key.
SELECT at, kind, actor, details
FROM (
  SELECT change_id, at, kind, actor, details
  FROM incident_changes
  WHERE project_id = $1 AND incident_id = $2
  ORDER BY change_id DESC
  LIMIT $3
) newest
ORDER BY change_id
