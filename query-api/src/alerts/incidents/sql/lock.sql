-- An incident that is about to change, by primary key.
SELECT project_id, incident_id, title, severity, status, description, assigned_to, rule_id,
  created_at, updated_at, resolved_at
FROM incidents
WHERE project_id = $1 AND incident_id = $2
FOR UPDATE
