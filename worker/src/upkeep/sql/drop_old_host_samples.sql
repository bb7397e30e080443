-- Removes samples of which nothing tells any more, at most $1 rows, by the primary key.
DELETE FROM host_samples
WHERE (at, host, seconds) IN (
  SELECT at, host, seconds FROM host_samples
  WHERE at < now() - interval '31 days' ORDER BY at LIMIT $1)
