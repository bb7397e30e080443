-- Events of an error by bucket of their own time ($5 is hour, day, week or month, of UTC) and by
-- environment or release ($6), the most frequent first; what is not among the $7 most frequent has no part.
-- groups_by_error; the primary key of event_hours gives the hours of each group; that of facets.
WITH counted AS MATERIALIZED (
  SELECT date_trunc($5, h.hour, 'UTC') AS bucket,
    CASE $6 WHEN 'release' THEN f.release ELSE f.environment END AS part,
    sum(h.events)::bigint AS events
  FROM groups g
  JOIN event_hours h ON h.project_id = g.project_id AND h.group_id = g.group_id
  JOIN facets f ON f.project_id = h.project_id AND f.facet_id = h.facet_id
  WHERE g.project_id = $1 AND g.error_id = $2 AND h.hour >= $3 AND h.hour < $4
  GROUP BY 1, 2
), frequent AS (
  SELECT part, sum(events) AS total
  FROM counted
  GROUP BY part
  ORDER BY total DESC, part
  LIMIT $7
)
SELECT counted.bucket, frequent.part, sum(counted.events)::bigint AS events
FROM counted
LEFT JOIN frequent ON frequent.part = counted.part
GROUP BY counted.bucket, frequent.part, frequent.total
ORDER BY frequent.total DESC NULLS LAST, frequent.part, counted.bucket
