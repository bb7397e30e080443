-- The errors that arrived last in a stretch of time, of some facets and errors or of all. Primary keys of
-- error_arrivals and error_stats.
SELECT a.error_id, max(s.event_count) AS events
FROM error_arrivals a
JOIN error_stats s ON s.project_id = a.project_id AND s.error_id = a.error_id
WHERE a.project_id = $1 AND a.arrived_at >= $2 AND a.arrived_at < $3 AND a.regressed = $7
  AND ($4::int[] IS NULL OR a.facet_id = ANY ($4))
  AND ($5::bigint[] IS NULL OR a.error_id = ANY ($5))
GROUP BY a.error_id
ORDER BY max(a.arrived_at) DESC, a.error_id
LIMIT $6
