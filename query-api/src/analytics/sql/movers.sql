-- The errors whose events grew most between two stretches of time, [$2, $3) and from $3 on, by the hour in
-- which they happened; at most $5. Of each project at most the $4 errors that were seen last are looked
-- at: one that grew was seen since $3. All groups of an error count.
-- error_stats_by_last_seen, groups_by_error; the primary key of event_hours gives the hours of each group;
-- that of errors.
SELECT e.project_id, e.public_id, e.exception_type, left(e.message, 1000) AS message, s.level,
  grown.events, grown.events_before
FROM (
  SELECT seen.project_id, seen.error_id,
    coalesce(sum(h.events) FILTER (WHERE h.hour >= $3), 0)::bigint AS events,
    coalesce(sum(h.events) FILTER (WHERE h.hour < $3), 0)::bigint AS events_before
  FROM unnest($1::int[]) AS wanted (project_id)
  CROSS JOIN LATERAL (
    SELECT project_id, error_id
    FROM error_stats
    WHERE project_id = wanted.project_id AND last_seen >= $3
    ORDER BY last_seen DESC
    LIMIT $4
  ) seen
  JOIN groups g ON g.project_id = seen.project_id AND g.error_id = seen.error_id
  JOIN event_hours h ON h.project_id = g.project_id AND h.group_id = g.group_id AND h.hour >= $2
  GROUP BY seen.project_id, seen.error_id
) grown
JOIN errors e ON e.project_id = grown.project_id AND e.error_id = grown.error_id
JOIN error_stats s ON s.project_id = grown.project_id AND s.error_id = grown.error_id
WHERE grown.events > grown.events_before
ORDER BY grown.events - grown.events_before DESC, grown.events DESC, e.public_id
LIMIT $5
