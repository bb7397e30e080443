-- The errors that have events in some slots, which upkeep may have merged to their minute or hour.
-- event_slots_by_time, then the primary key of groups.
SELECT DISTINCT g.error_id
FROM event_slots s
JOIN groups g ON g.project_id = s.project_id AND g.group_id = s.group_id
WHERE s.project_id = $1 AND s.slot = ANY ($2) AND s.group_id <> 0
LIMIT $3
