-- The newest event with an id, or the example kept of one that has aged out. Events of a deleted
-- error have no group any more. Primary key of events in each partition; examples_by_event.
SELECT
  e.public_id, v.project_id, v.event_id, v.occurred_at, v.received_at, v.encoding, v.payload,
  coalesce(f.level, s.level) AS level, coalesce(f.source, s.source) AS source,
  f.environment, f.release,
  e.message, e.exception_type, e.culprit
FROM events v
JOIN groups g ON g.project_id = v.project_id AND g.group_id = v.group_id
JOIN errors e ON e.project_id = g.project_id AND e.error_id = g.error_id
JOIN error_stats s ON s.project_id = g.project_id AND s.error_id = g.error_id
LEFT JOIN facets f ON f.project_id = v.project_id AND f.facet_id = v.facet_id
WHERE v.project_id = ANY ($1) AND v.event_id = $2
UNION ALL
SELECT
  e.public_id, x.project_id, x.event_id, x.occurred_at, x.received_at, x.encoding, x.payload,
  s.level, s.source, NULL, NULL,
  e.message, e.exception_type, e.culprit
FROM examples x
JOIN groups g ON g.project_id = x.project_id AND g.group_id = x.error_id
JOIN errors e ON e.project_id = g.project_id AND e.error_id = g.error_id
JOIN error_stats s ON s.project_id = g.project_id AND s.error_id = g.error_id
WHERE x.project_id = ANY ($1) AND x.event_id = $2
ORDER BY received_at DESC
LIMIT 1
