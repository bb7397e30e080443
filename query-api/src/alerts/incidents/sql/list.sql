-- Incidents of projects, newest first, before an id; by primary key, of each project no more than could
-- come into the page.
SELECT i.*
FROM unnest($1::int[]) AS wanted (project_id)
CROSS JOIN LATERAL (
  SELECT project_id, incident_id, title, severity, status, description, assigned_to, rule_id,
    created_at, updated_at, resolved_at
  FROM incidents
  WHERE project_id = wanted.project_id
    AND incident_id < $2::uuid
    AND ($3::text[] IS NULL OR status = ANY ($3))
    AND ($4::text[] IS NULL OR severity = ANY ($4))
  ORDER BY incident_id DESC
  LIMIT $5::bigint
) i
ORDER BY i.incident_id DESC, i.project_id DESC
LIMIT $5
