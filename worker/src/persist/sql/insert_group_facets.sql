-- Marks where groups were seen.
INSERT INTO group_facets (project_id, group_id, facet_id)
SELECT project_id, group_id, facet_id
FROM unnest($1::int[], $2::bigint[], $3::int[]) AS new (project_id, group_id, facet_id)
ORDER BY project_id, group_id, facet_id
ON CONFLICT DO NOTHING
