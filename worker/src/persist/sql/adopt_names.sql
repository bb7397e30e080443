-- Leads further ids to groups that there are: those that other versions of the fingerprint function give
-- the same events. In key order; where another worker was faster, its choice holds.
INSERT INTO error_names (project_id, name, group_id)
SELECT project_id, name, group_id
FROM unnest($1::int[], $2::uuid[], $3::bigint[]) AS new (project_id, name, group_id)
ORDER BY project_id, name
ON CONFLICT DO NOTHING
