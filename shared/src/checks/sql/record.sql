-- What checks of a component found from $3 to $4 seconds ago: extends the latest period when that found
-- the same and is not older than checks may be apart ($8 seconds), else begins one. Found by the primary
-- key. A period never reaches back over the one before it. A component's first period begins only where
-- $9 says so.
WITH given AS MATERIALIZED (
  SELECT clock_timestamp() - $3::float8 * interval '1 second' AS began_at,
         clock_timestamp() - $4::float8 * interval '1 second' AS last_at
), before AS MATERIALIZED (
  SELECT p.began_at, p.last_at, p.healthy
  FROM given JOIN health_periods p ON p.component = $1 AND p.began_at <= given.last_at
  ORDER BY p.began_at DESC
  LIMIT 1
), extended AS (
  UPDATE health_periods p
  SET last_at = greatest(p.last_at, given.last_at), checks = p.checks + $5, response_ms = $6,
      details = $7
  FROM before, given
  WHERE p.component = $1 AND p.began_at = before.began_at AND before.healthy = $2
    AND given.began_at <= before.last_at + $8::float8 * interval '1 second'
  RETURNING p.began_at
), begun AS (
  SELECT greatest(given.began_at, before.last_at + interval '1 millisecond') AS began_at, given.last_at
  FROM given LEFT JOIN before ON true
  WHERE NOT EXISTS (SELECT FROM extended) AND ($9::bool OR before.began_at IS NOT NULL)
)
INSERT INTO health_periods (component, began_at, last_at, healthy, checks, response_ms, details)
SELECT $1, began_at, greatest(began_at, last_at), $2, $5, $6, $7 FROM begun
ON CONFLICT (component, began_at) DO NOTHING
