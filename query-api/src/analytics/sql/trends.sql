-- Events by bucket of their own time and level, and errors resolved by bucket, whose rows have no level;
-- what did not happen is left out. $4 is hour, day, week or month, of UTC.
-- Totals (group 0) by the primary key of event_hours; error_activity_resolved; primary key of facets.
SELECT date_trunc($4, h.hour, 'UTC') AS bucket, f.level, sum(h.events)::bigint AS number
FROM event_hours h
JOIN facets f ON f.project_id = h.project_id AND f.facet_id = h.facet_id
WHERE h.project_id = ANY ($1) AND h.group_id = 0 AND h.hour >= $2 AND h.hour < $3
GROUP BY 1, 2
UNION ALL
SELECT date_trunc($4, a.at, 'UTC'), NULL, count(DISTINCT (a.project_id, a.error_id))
FROM error_activity a
WHERE a.project_id = ANY ($1) AND a.kind = 'resolved' AND a.at >= $2 AND a.at < $3
GROUP BY 1
ORDER BY bucket
