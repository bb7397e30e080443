-- The periods of health of components ($1) over the last $2 seconds, each from the one on that the range
-- begins in or after, by the primary key. At most $3 of each, the newest.
SELECT p.component, p.began_at, p.last_at, p.healthy, now() AS now
FROM unnest($1::text[]) AS wanted (component)
CROSS JOIN LATERAL (
  SELECT component, began_at, last_at, healthy
  FROM health_periods
  WHERE component = wanted.component
    AND began_at >= coalesce(
      (SELECT max(began_at) FROM health_periods
       WHERE component = wanted.component AND began_at < now() - $2::float8 * interval '1 second'),
      '-infinity')
  ORDER BY began_at DESC
  LIMIT $3
) p
