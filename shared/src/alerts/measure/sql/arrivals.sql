-- Errors that arrived, by facet, between each boundary and the next: for the first time, or again after
-- they were resolved. One that has been deleted since does not count. Primary keys of error_arrivals and
-- errors.
SELECT 0::bigint AS error_id, a.facet_id, width_bucket(a.arrived_at, $2::timestamptz[]) AS segment,
       count(*) AS events
FROM error_arrivals a
JOIN errors e ON e.project_id = a.project_id AND e.error_id = a.error_id
WHERE a.project_id = $1 AND a.arrived_at >= $3 AND a.arrived_at < $4 AND a.regressed = $5
  AND ($6::bigint[] IS NULL OR a.error_id = ANY ($6))
GROUP BY a.facet_id, segment
