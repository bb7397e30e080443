-- Opens an incident of a rule. None when somebody has just reopened one.
INSERT INTO incidents (project_id, incident_id, title, severity, status, description, rule_id)
VALUES ($1, $2, $3, $4, 'investigating', $5, $6)
ON CONFLICT DO NOTHING
RETURNING incident_id
