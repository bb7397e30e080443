-- Makes groups ($3) of an error ($2) errors of their own again, each under its old id, with what it
-- counted and as it was before it was merged; but one that was resolved, or ignored for a time or up to a
-- number of events, is open if what would have reopened it has happened meanwhile. Primary keys.
WITH moved AS (
  UPDATE groups SET error_id = group_id
  WHERE project_id = $1 AND error_id = $2 AND group_id = ANY ($3)
), taken AS (
  DELETE FROM merged_errors WHERE project_id = $1 AND error_id = ANY ($3) RETURNING *
), numbers AS (
  DELETE FROM group_stats WHERE project_id = $1 AND group_id = ANY ($3) RETURNING *
), found AS (
  SELECT taken.*, numbers.event_count AS events_now,
         taken.status = 1 AND coalesce(numbers.newest > taken.settled_at, false) AS came_back,
         taken.status = 2 AND (coalesce(numbers.newest_receipt > taken.ignored_until, false)
           OR coalesce(numbers.event_count >= taken.ignored_until_count, false)) AS woke
  FROM taken JOIN numbers ON numbers.group_id = taken.error_id
), back AS (
  INSERT INTO errors (project_id, error_id, public_id, status, regressed, exception_type, message, culprit,
                      resolved_at, settled_at, ignored_until, ignored_until_count, assigned_to, created_at,
                      updated_at)
  SELECT project_id, error_id, public_id,
         CASE WHEN came_back OR woke THEN 0 ELSE status END,
         CASE WHEN woke THEN false ELSE regressed OR came_back END,
         exception_type, message, culprit,
         CASE WHEN NOT came_back THEN resolved_at END,
         CASE WHEN NOT came_back THEN settled_at END,
         CASE WHEN NOT woke THEN ignored_until END,
         CASE WHEN NOT woke THEN ignored_until_count END,
         assigned_to, created_at, $4
  FROM found
  ORDER BY error_id
), counts AS (
  INSERT INTO error_stats (project_id, error_id, event_count, user_count, first_seen, last_seen,
                           latest_event_id, latest_day, level, source, latest_at)
  SELECT project_id, group_id, event_count, user_count, first_seen, last_seen,
         latest_event_id, latest_day, level, source, latest_at
  FROM numbers
  ORDER BY group_id
), noted AS (
  INSERT INTO error_activity (project_id, error_id, at, kind, details)
  SELECT $1, $2, $4, 'unmerged',
         jsonb_build_object('key_id', $5::uuid, 'unmerged', (SELECT jsonb_agg(public_id) FROM found))
  UNION ALL
  SELECT $1, found.error_id, $4, 'unmerged', jsonb_build_object('key_id', $5::uuid, 'from', e.public_id)
  FROM found
  JOIN errors e ON e.project_id = $1 AND e.error_id = $2
)
SELECT error_id, public_id, events_now AS event_count FROM found ORDER BY error_id
