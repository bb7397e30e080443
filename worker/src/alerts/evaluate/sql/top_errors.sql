-- The errors with the most events in a stretch of time, of some facets and errors or of all.
-- event_slots_by_time, then the primary key of groups.
SELECT g.error_id, sum(s.events)::bigint AS events
FROM event_slots s
JOIN groups g ON g.project_id = s.project_id AND g.group_id = s.group_id
WHERE s.project_id = $1 AND s.slot >= $2 AND s.slot < $3 AND s.group_id <> 0
  AND ($4::int[] IS NULL OR s.facet_id = ANY ($4))
  AND ($5::bigint[] IS NULL OR g.error_id = ANY ($5))
GROUP BY g.error_id
ORDER BY events DESC, g.error_id
LIMIT $6
