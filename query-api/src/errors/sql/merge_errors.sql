-- Moves the groups of errors ($2) to another error ($3), and puts the errors aside as they are, so that
-- they can be taken out again. One that is ignored until its count reaches a number waits for as many further
-- events of the group that it will have then. What could reopen them begins anew: only events from now on do.
-- Answers how many groups were moved. Primary keys; groups_by_error.
WITH kept AS (
  INSERT INTO merged_errors (project_id, error_id, public_id, status, regressed, exception_type, message,
                             culprit, resolved_at, settled_at, ignored_until, ignored_until_count,
                             assigned_to, created_at, merged_at)
  SELECT e.project_id, e.error_id, e.public_id, e.status, e.regressed, e.exception_type, e.message,
         e.culprit, e.resolved_at, e.settled_at, e.ignored_until,
         e.ignored_until_count - s.event_count + own.event_count, e.assigned_to, e.created_at, $4
  FROM errors e
  JOIN error_stats s USING (project_id, error_id)
  JOIN group_stats own ON own.project_id = e.project_id AND own.group_id = e.error_id
  WHERE e.project_id = $1 AND e.error_id = ANY ($2)
  ORDER BY e.error_id
  RETURNING error_id, public_id
), anew AS (
  UPDATE group_stats SET newest = DEFAULT, newest_receipt = DEFAULT
  WHERE project_id = $1 AND group_id = ANY ($2)
), moved AS (
  UPDATE groups SET error_id = $3 WHERE project_id = $1 AND error_id = ANY ($2) RETURNING group_id
), numbers AS (
  DELETE FROM error_stats WHERE project_id = $1 AND error_id = ANY ($2)
), gone AS (
  DELETE FROM errors WHERE project_id = $1 AND error_id = ANY ($2)
), noted AS (
  INSERT INTO error_activity (project_id, error_id, at, kind, details)
  SELECT $1, $3, $4, 'merged',
         jsonb_build_object('key_id', $5::uuid, 'merged', (SELECT jsonb_agg(public_id) FROM kept))
  UNION ALL
  SELECT $1, kept.error_id, $4, 'merged', jsonb_build_object('key_id', $5::uuid, 'into', e.public_id)
  FROM kept
  JOIN errors e ON e.project_id = $1 AND e.error_id = $3
)
SELECT count(*) AS moved FROM moved
