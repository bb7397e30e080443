-- Counts for the own groups of errors ($2) what only the errors have counted: a worker of an earlier version
-- knows nothing of the numbers of single groups. Primary keys; groups_by_error.
UPDATE group_stats own
SET event_count = own.event_count + missing.events
FROM (
  SELECT x.error_id, x.event_count - sum(s.event_count)::bigint AS events
  FROM error_stats x
  JOIN groups g ON g.project_id = x.project_id AND g.error_id = x.error_id
  JOIN group_stats s ON s.project_id = g.project_id AND s.group_id = g.group_id
  WHERE x.project_id = $1 AND x.error_id = ANY ($2)
  GROUP BY x.error_id, x.event_count
) missing
WHERE own.project_id = $1 AND own.group_id = missing.error_id AND missing.events > 0
