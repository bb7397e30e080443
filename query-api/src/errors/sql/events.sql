-- The events of an error from a place on, newest first. Each group is asked by itself, so that the
-- index events_by_group (project_id, group_id, occurred_at) of every partition gives the order and
-- reading stops after a page, however many events there are.
-- The bound on the time alone is what the index starts from.
SELECT
  e.public_id, v.project_id, v.event_id, v.occurred_at, v.received_at, v.encoding, v.payload,
  coalesce(f.level, s.level) AS level, coalesce(f.source, s.source) AS source,
  f.environment, f.release,
  e.message, e.exception_type, e.culprit
FROM groups g
JOIN errors e ON e.project_id = g.project_id AND e.error_id = g.error_id
JOIN error_stats s ON s.project_id = g.project_id AND s.error_id = g.error_id
CROSS JOIN LATERAL (
  SELECT one.*
  FROM events one
  WHERE one.project_id = g.project_id AND one.group_id = g.group_id
    AND one.occurred_at <= $3 AND (one.occurred_at, one.event_id) < ($3, $4)
  ORDER BY one.occurred_at DESC, one.event_id DESC
  LIMIT $5
) v
LEFT JOIN facets f ON f.project_id = v.project_id AND f.facet_id = v.facet_id
WHERE g.project_id = $1 AND g.error_id = $2
ORDER BY v.occurred_at DESC, v.event_id DESC
LIMIT $5
