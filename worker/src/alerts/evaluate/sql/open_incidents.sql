-- The open incidents of rules. incidents_open_by_rule.
SELECT rule_id, incident_id
FROM incidents
WHERE project_id = $1 AND rule_id = ANY ($2) AND status <> 'resolved'
