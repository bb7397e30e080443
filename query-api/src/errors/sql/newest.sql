-- The newest events of an error ($3 of them), whether their payloads were kept or not. Each group is asked
-- by itself: events_by_group of every partition gives the order, and reading stops after as many.
SELECT v.event_id, v.encoding, v.payload
FROM groups g
CROSS JOIN LATERAL (
  SELECT one.occurred_at, one.event_id, one.encoding, one.payload
  FROM events one
  WHERE one.project_id = g.project_id AND one.group_id = g.group_id
  ORDER BY one.occurred_at DESC
  LIMIT $3
) v
WHERE g.project_id = $1 AND g.error_id = $2
ORDER BY v.occurred_at DESC
LIMIT $3
