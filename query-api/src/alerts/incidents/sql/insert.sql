-- Opens an incident by hand.
INSERT INTO incidents (project_id, incident_id, title, severity, status, description, assigned_to,
  created_at, updated_at, resolved_at)
SELECT $1, $2, $3, $4, $5, $6, $7, now, now, CASE WHEN $5 = 'resolved' THEN now END
FROM statement_timestamp() AS now
RETURNING project_id, incident_id, title, severity, status, description, assigned_to, rule_id,
  created_at, updated_at, resolved_at
