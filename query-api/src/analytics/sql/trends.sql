-- Events by bucket of their own time, and errors resolved by bucket; buckets without either are left
-- out. $4 is hour, day, week or month, of UTC. Levels of error and above count as critical.
-- Totals (group 0) by the primary key of event_hours; error_activity_resolved; primary key of facets.
SELECT
  bucket,
  coalesce(sum(events), 0)::bigint AS events,
  coalesce(sum(critical), 0)::bigint AS critical,
  coalesce(sum(resolved), 0)::bigint AS resolved
FROM (
  SELECT date_trunc($4, h.hour, 'UTC') AS bucket,
    sum(h.events) AS events,
    sum(h.events) FILTER (WHERE f.level >= $5) AS critical,
    NULL::bigint AS resolved
  FROM event_hours h
  JOIN facets f ON f.project_id = h.project_id AND f.facet_id = h.facet_id
  WHERE h.project_id = ANY ($1) AND h.group_id = 0 AND h.hour >= $2 AND h.hour < $3
  GROUP BY 1
  UNION ALL
  SELECT date_trunc($4, a.at, 'UTC'), NULL, NULL, count(DISTINCT (a.project_id, a.error_id))
  FROM error_activity a
  WHERE a.project_id = ANY ($1) AND a.kind = 'resolved' AND a.at >= $2 AND a.at < $3
  GROUP BY 1
) counted
GROUP BY bucket
ORDER BY bucket
