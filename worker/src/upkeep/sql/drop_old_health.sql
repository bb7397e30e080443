-- Removes periods that ended more than 31 days ago, at most $1 rows. The last of each component that began
-- before stays: what came after it was checked or missed.
DELETE FROM health_periods
WHERE (component, began_at) IN (
  SELECT p.component, p.began_at FROM health_periods p
  WHERE p.last_at < now() - interval '31 days'
    AND EXISTS (SELECT FROM health_periods later
                WHERE later.component = p.component AND later.began_at > p.began_at
                  AND later.began_at < now() - interval '31 days')
  LIMIT $1)
