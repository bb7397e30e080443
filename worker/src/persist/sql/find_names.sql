-- Leads public ids to their groups and errors, by the primary keys of error_names, groups, error_stats and
-- group_stats. `known`: the error's own rows exist; both are made and deleted together. `merged`: the
-- error holds several groups, so that the numbers of each are kept.
SELECT n.project_id, n.name, n.group_id, g.error_id, s.error_id IS NOT NULL AS known,
       m.group_id IS NOT NULL AS merged,
       s.payload_hour, coalesce(s.payloads, 0) AS payloads
FROM unnest($1::int[], $2::uuid[]) AS wanted (project_id, name)
JOIN error_names n USING (project_id, name)
JOIN groups g USING (project_id, group_id)
LEFT JOIN error_stats s ON s.project_id = g.project_id AND s.error_id = g.error_id
LEFT JOIN group_stats m ON m.project_id = g.project_id AND m.group_id = g.group_id
