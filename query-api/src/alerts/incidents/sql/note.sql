-- Writes into the history of an incident.
INSERT INTO incident_changes (project_id, incident_id, kind, actor, details) VALUES ($1, $2, $3, $4, $5)
