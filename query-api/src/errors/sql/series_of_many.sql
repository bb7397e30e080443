-- Events of errors ($2, public ids) by bucket of their own time; $5 is hour or day, of UTC. All groups of
-- an error count. One that is there has a row although nothing happened. Primary keys of error_names and
-- groups, groups_by_error; the primary key of event_hours gives the hours of each group.
SELECT n.name, date_trunc($5, h.hour, 'UTC') AS bucket, coalesce(sum(h.events), 0)::bigint AS events
FROM error_names n
JOIN groups named ON named.project_id = n.project_id AND named.group_id = n.group_id
JOIN groups g ON g.project_id = named.project_id AND g.error_id = named.error_id
LEFT JOIN event_hours h ON h.project_id = g.project_id AND h.group_id = g.group_id
  AND h.hour >= $3 AND h.hour < $4
WHERE n.project_id = ANY ($1) AND n.name = ANY ($2)
GROUP BY n.name, bucket
ORDER BY n.name, bucket
