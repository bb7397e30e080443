-- Keeps the newest event of each error whose newest event lies in the day that is dropped; of an error that
-- holds several groups, that of each group, under the number of the error that the group was and may be
-- again.
INSERT INTO examples AS x (project_id, error_id, group_id, occurred_at, received_at, event_id, encoding, payload)
SELECT s.project_id, s.kept_for, e.group_id, e.occurred_at, e.received_at, e.event_id, e.encoding, e.payload
FROM (
  SELECT project_id, error_id AS kept_for, latest_event_id
  FROM error_stats
  WHERE latest_day = $1 AND NOT EXISTS (
    SELECT FROM group_stats m WHERE m.project_id = error_stats.project_id AND m.group_id = error_stats.error_id)
  UNION ALL
  SELECT project_id, group_id, latest_event_id FROM group_stats WHERE latest_day = $1
) s
JOIN events e ON e.project_id = s.project_id AND e.event_id = s.latest_event_id AND e.day = $1
ORDER BY s.project_id, s.kept_for
ON CONFLICT (project_id, error_id) DO UPDATE SET
  group_id = excluded.group_id, occurred_at = excluded.occurred_at, received_at = excluded.received_at,
  event_id = excluded.event_id, encoding = excluded.encoding, payload = excluded.payload
