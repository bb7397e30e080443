-- Adds to the histories of incidents, moves their time of change, and tells how they are now. Primary key
-- of incidents.
WITH entries AS (
  INSERT INTO incident_changes (project_id, incident_id, kind, actor, details)
  SELECT $1, incident_id, kind, actor, details
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::jsonb[]) WITH ORDINALITY
    AS new (incident_id, kind, actor, details, place)
  ORDER BY place
)
UPDATE incidents SET updated_at = clock_timestamp()
WHERE project_id = $1 AND incident_id = ANY ($2)
RETURNING incident_id, title, severity, status
