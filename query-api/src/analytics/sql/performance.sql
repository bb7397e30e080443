-- The requests of all instances in the last hour, by the primary key, which begins with the time.
WITH recent AS MATERIALIZED (
  SELECT at, requests, failed, duration_ms, buckets
  FROM traffic
  WHERE at >= now() - interval '1 hour' AND at <= now()
)
SELECT now() AS now, min(at) AS first_at, coalesce(sum(requests), 0)::bigint AS requests,
       coalesce(sum(failed), 0)::bigint AS failed, coalesce(sum(duration_ms), 0) AS duration_ms,
       ARRAY(SELECT sum(counted.times)::bigint
             FROM recent, unnest(buckets) WITH ORDINALITY AS counted (times, place)
             GROUP BY place ORDER BY place) AS buckets
FROM recent
