-- Begins to keep the numbers of single groups for errors that will share theirs: those of an error of one
-- group are those of the error. Errors that hold several groups have them already. Primary keys.
INSERT INTO group_stats (project_id, group_id, event_count, user_count, first_seen, last_seen,
                         latest_event_id, latest_day, level, source, latest_at)
SELECT s.project_id, s.error_id, s.event_count, s.user_count, s.first_seen, s.last_seen,
       s.latest_event_id, s.latest_day, s.level, s.source, coalesce(s.latest_at, s.last_seen)
FROM error_stats s
WHERE s.project_id = $1 AND s.error_id = ANY ($2)
ORDER BY s.error_id
ON CONFLICT (project_id, group_id) DO NOTHING
