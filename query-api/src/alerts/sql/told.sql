-- What was told of firings, and through which channels: each by itself or in the digest that took its
-- place, or not yet, because it is held back. Some notifications of each firing by the index on it, and
-- their deliveries by primary key.
SELECT n.firing_id, coalesce(n.digest_id, n.delivery_id) AS delivery_id,
  CASE WHEN n.digest_id IS NULL THEN n.kind ELSE 'digest' END AS kind,
  coalesce(d.channel, c.channel) AS channel,
  coalesce(d.status, 'held') AS status
FROM unnest($1::int[], $2::uuid[]) AS wanted (project_id, firing_id)
JOIN notifications n ON n.project_id = wanted.project_id AND n.firing_id = wanted.firing_id
LEFT JOIN deliveries d
  ON d.project_id = n.project_id AND d.delivery_id = coalesce(n.digest_id, n.delivery_id)
LEFT JOIN LATERAL unnest(n.channels) AS c (channel) ON n.held AND d.delivery_id IS NULL
WHERE d.delivery_id IS NOT NULL OR c.channel IS NOT NULL
ORDER BY n.firing_id, n.created_at, n.delivery_id, channel
