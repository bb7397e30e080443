-- Everything that is shown about some errors, in the order of the two arrays.
-- The values come from the latest event, found by its primary key with the day, which prunes to one
-- partition; when it has aged out, from the newest example kept of the error's groups: each is kept under
-- the number of the group.
-- Indexes: primary keys of errors, error_stats, events, examples, facets; groups_by_error.
SELECT
  e.project_id, e.public_id, e.status, e.regressed, e.exception_type, e.message, e.culprit,
  e.resolved_at, e.assigned_to, e.created_at,
  greatest(e.updated_at, s.last_seen) AS updated_at,
  s.event_count, s.user_count, s.first_seen, s.last_seen, s.level, s.source,
  first_group.fingerprint,
  f.environment, f.release,
  coalesce(v.event_id, x.event_id, s.latest_event_id) AS event_id,
  coalesce(v.occurred_at, x.occurred_at, s.last_seen) AS occurred_at,
  coalesce(v.received_at, x.received_at) AS received_at,
  CASE WHEN v.payload IS NULL THEN x.encoding ELSE v.encoding END AS encoding,
  coalesce(v.payload, x.payload) AS payload
FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS wanted (project_id, error_id, place)
JOIN errors e ON e.project_id = wanted.project_id AND e.error_id = wanted.error_id
JOIN error_stats s ON s.project_id = wanted.project_id AND s.error_id = wanted.error_id
LEFT JOIN events v
  ON v.project_id = s.project_id AND v.event_id = s.latest_event_id AND v.day = s.latest_day
LEFT JOIN LATERAL (
  SELECT kept.*
  FROM groups g
  JOIN examples kept ON kept.project_id = g.project_id AND kept.error_id = g.group_id
  WHERE g.project_id = wanted.project_id AND g.error_id = wanted.error_id
  ORDER BY kept.occurred_at DESC
  LIMIT 1
) x ON true
LEFT JOIN facets f ON f.project_id = v.project_id AND f.facet_id = v.facet_id
LEFT JOIN LATERAL (
  SELECT g.fingerprint
  FROM groups g
  WHERE g.project_id = wanted.project_id AND g.error_id = wanted.error_id
  ORDER BY g.group_id <> g.error_id, g.group_id
  LIMIT 1
) first_group ON true
ORDER BY wanted.place
