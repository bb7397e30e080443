-- Keeps the newest event of each error whose newest event lies in the day that is dropped.
INSERT INTO examples AS x (project_id, error_id, group_id, occurred_at, received_at, event_id, encoding, payload)
SELECT s.project_id, s.error_id, e.group_id, e.occurred_at, e.received_at, e.event_id, e.encoding, e.payload
FROM error_stats s
JOIN events e ON e.project_id = s.project_id AND e.event_id = s.latest_event_id AND e.day = s.latest_day
WHERE s.latest_day = $1
ORDER BY s.project_id, s.error_id
ON CONFLICT (project_id, error_id) DO UPDATE SET
  group_id = excluded.group_id, occurred_at = excluded.occurred_at, received_at = excluded.received_at,
  event_id = excluded.event_id, encoding = excluded.encoding, payload = excluded.payload
