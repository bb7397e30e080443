-- The latest period of each component ($1), by the primary key, and whether its last check is older than
-- checks may be apart ($2 seconds).
SELECT p.component, p.last_at, p.healthy, p.response_ms, p.details,
       now() - p.last_at > $2::float8 * interval '1 second' AS stale
FROM unnest($1::text[]) AS wanted (component)
CROSS JOIN LATERAL (
  SELECT component, last_at, healthy, response_ms, details
  FROM health_periods
  WHERE component = wanted.component
  ORDER BY began_at DESC
  LIMIT 1
) p
