-- What hosts and requests did over the last $1 seconds, in steps of $2 seconds that begin at whole
-- multiples of it since the start of 2000, a Saturday, in UTC: so they begin at midnight, too. By the primary
-- keys, which begin with the time.
WITH samples AS (
  SELECT date_bin($2::float8 * interval '1 second', at, '2000-01-01 00:00+00') AS step_at,
         min(at) AS first_at,
         sum(seconds)::float8 AS seconds, sum(cpu_percent * seconds) AS cpu,
         sum(memory_percent * seconds) AS memory, max(disk_percent) AS disk,
         sum(bytes_in)::bigint AS bytes_in, sum(bytes_out)::bigint AS bytes_out
  FROM host_samples
  WHERE at >= now() - $1::float8 * interval '1 second' AND at <= now()
  GROUP BY 1
), requests AS (
  SELECT date_bin($2::float8 * interval '1 second', at, '2000-01-01 00:00+00') AS step_at,
         min(at) AS first_at, sum(requests)::bigint AS requests
  FROM traffic
  WHERE at >= now() - $1::float8 * interval '1 second' AND at <= now()
  GROUP BY 1
)
SELECT step_at, now() AS now,
       min(least(samples.first_at, requests.first_at)) OVER () AS first_at,
       coalesce(seconds, 0) AS seconds, coalesce(cpu, 0) AS cpu, coalesce(memory, 0) AS memory,
       coalesce(disk, 0) AS disk, coalesce(bytes_in, 0) AS bytes_in,
       coalesce(bytes_out, 0) AS bytes_out, coalesce(requests, 0) AS requests
FROM samples FULL JOIN requests USING (step_at)
ORDER BY step_at
