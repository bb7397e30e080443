-- Resolves an incident, unless somebody has done so. Primary key.
UPDATE incidents
SET status = 'resolved', resolved_at = clock_timestamp(), updated_at = clock_timestamp()
WHERE project_id = $1 AND incident_id = $2 AND status <> 'resolved'
RETURNING incident_id
