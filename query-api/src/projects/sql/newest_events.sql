-- The newest events of a project: at most $2, and at most $3 of each fingerprint, so that a storm does not
-- hide the rest. Events whose payload was left out tell nothing and are passed over. The newest events
-- belong to the errors that were seen last: error_stats_by_last_seen, groups_by_error and, for each group by
-- itself, events_by_group. Payloads are read in the end, by the primary key and its day.
WITH seen AS MATERIALIZED (
  SELECT error_id FROM error_stats WHERE project_id = $1 ORDER BY last_seen DESC LIMIT $2
), newest AS MATERIALIZED (
  SELECT g.error_id, one.event_id, one.day, one.occurred_at
  FROM seen
  JOIN groups g ON g.project_id = $1 AND g.error_id = seen.error_id
  CROSS JOIN LATERAL (
    SELECT e.event_id, e.day, e.occurred_at
    FROM events e
    WHERE e.project_id = $1 AND e.group_id = g.group_id
    ORDER BY e.occurred_at DESC
    LIMIT $3
  ) one
  ORDER BY one.occurred_at DESC
  LIMIT $2
)
SELECT newest.error_id, v.event_id, v.encoding, v.payload
FROM newest
JOIN events v ON v.project_id = $1 AND v.event_id = newest.event_id AND v.day = newest.day
WHERE v.payload IS NOT NULL
