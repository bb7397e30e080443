-- Leads public ids to their groups and errors, by the primary keys of error_names and groups.
-- `known`: the error's own row exists.
SELECT n.project_id, n.name, n.group_id, g.error_id, e.error_id IS NOT NULL AS known
FROM unnest($1::int[], $2::uuid[]) AS wanted (project_id, name)
JOIN error_names n USING (project_id, name)
JOIN groups g USING (project_id, group_id)
LEFT JOIN errors e ON e.project_id = g.project_id AND e.error_id = g.error_id
