-- The errors with the most events in a stretch of time. event_slots_by_time, then the primary keys of groups
-- and errors.
SELECT e.error_id, e.public_id, e.exception_type, left(e.message, 1000) AS message
FROM (
  SELECT g.error_id, sum(s.events) AS events
  FROM event_slots s
  JOIN groups g ON g.project_id = s.project_id AND g.group_id = s.group_id
  WHERE s.project_id = $1 AND s.slot >= $2 AND s.slot < $3 AND s.group_id <> 0
    AND ($4::bigint[] IS NULL OR g.error_id = ANY ($4))
  GROUP BY g.error_id
  ORDER BY events DESC, g.error_id
  LIMIT $5
) busy
JOIN errors e ON e.project_id = $1 AND e.error_id = busy.error_id
ORDER BY busy.events DESC, e.error_id
