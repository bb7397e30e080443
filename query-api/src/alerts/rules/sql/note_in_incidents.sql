-- Writes into the history of those incidents that are open why their firings ended. By primary key.
INSERT INTO incident_changes (project_id, incident_id, kind, actor, details)
SELECT project_id, incident_id, 'changed', $3, $4
FROM incidents
WHERE project_id = $1 AND incident_id = ANY ($2) AND status <> 'resolved'
ORDER BY incident_id
RETURNING incident_id
