-- Removes requests of which nothing tells any more, at most $1 rows, by the primary key.
DELETE FROM traffic
WHERE (at, service, instance, seconds) IN (
  SELECT at, service, instance, seconds FROM traffic
  WHERE at < now() - interval '31 days' ORDER BY at LIMIT $1)
