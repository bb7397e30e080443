-- Writes all that may change of an incident, which is locked. It stays resolved since when it was.
UPDATE incidents
SET title = $3, severity = $4, status = $5, description = $6, assigned_to = $7,
  updated_at = statement_timestamp(),
  resolved_at = CASE WHEN $5 = 'resolved' THEN coalesce(resolved_at, statement_timestamp()) END
WHERE project_id = $1 AND incident_id = $2
RETURNING project_id, incident_id, title, severity, status, description, assigned_to, rule_id,
  created_at, updated_at, resolved_at
