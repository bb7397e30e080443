-- Merges minutes of more than 25 hours ago into hours of all instances of a service, an hour at a time, by
-- the primary key, which begins with the time. Answers how many minutes there were.
WITH old AS (
  SELECT date_trunc('hour', min(at)) AS hour
  FROM traffic
  WHERE seconds = 60 AND at < date_trunc('hour', now() - interval '25 hours')
), taken AS (
  DELETE FROM traffic t USING old
  WHERE t.at >= old.hour AND t.at < old.hour + interval '1 hour' AND t.seconds = 60
  RETURNING old.hour, t.service, t.requests, t.failed, t.duration_ms, t.buckets
), places AS (
  SELECT service, place, sum(times) AS times
  FROM taken, unnest(buckets) WITH ORDINALITY AS counted (times, place)
  GROUP BY service, place
), buckets AS (
  SELECT service, array_agg(times::bigint ORDER BY place) AS buckets FROM places GROUP BY service
), merged AS (
  INSERT INTO traffic AS t (at, service, instance, seconds, requests, failed, duration_ms, buckets)
  SELECT hour, service, '00000000-0000-0000-0000-000000000000', 3600, sum(requests), sum(failed),
         sum(duration_ms), coalesce(buckets.buckets, '{}')
  FROM taken LEFT JOIN buckets USING (service)
  GROUP BY hour, service, buckets.buckets
  ORDER BY service
  ON CONFLICT (at, service, instance, seconds) DO UPDATE
  SET requests = t.requests + excluded.requests, failed = t.failed + excluded.failed,
      duration_ms = t.duration_ms + excluded.duration_ms
)
SELECT count(*) AS moved FROM taken
