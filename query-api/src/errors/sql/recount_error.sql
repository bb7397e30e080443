-- The numbers of an error, from those of its groups: what was merged into it, or taken out, changes them at
-- once, whatever the number of its events. How many users ($4) all groups have together was counted before.
-- An error that is ignored until its count reaches a number waits for as many further
-- events as before. Primary keys; groups_by_error.
WITH own_groups AS MATERIALIZED (
  SELECT group_id FROM groups WHERE project_id = $1 AND error_id = $2
), counted AS (
  SELECT sum(s.event_count)::bigint AS event_count, min(s.first_seen) AS first_seen,
         max(s.last_seen) AS last_seen
  FROM own_groups JOIN group_stats s ON s.project_id = $1 AND s.group_id = own_groups.group_id
), latest AS (
  SELECT s.latest_event_id, s.latest_day, s.level, s.source, s.latest_at
  FROM own_groups JOIN group_stats s ON s.project_id = $1 AND s.group_id = own_groups.group_id
  ORDER BY s.latest_at DESC, s.last_seen DESC, s.latest_event_id DESC
  LIMIT 1
), before AS (
  SELECT event_count FROM error_stats WHERE project_id = $1 AND error_id = $2
), waiting AS (
  UPDATE errors e
  SET ignored_until_count = e.ignored_until_count + counted.event_count - before.event_count,
      updated_at = $3
  FROM counted, before
  WHERE e.project_id = $1 AND e.error_id = $2
)
UPDATE error_stats x
SET event_count = counted.event_count, user_count = $4,
    first_seen = counted.first_seen, last_seen = counted.last_seen,
    latest_event_id = latest.latest_event_id, latest_day = latest.latest_day,
    level = latest.level, source = latest.source, latest_at = latest.latest_at
FROM counted, latest
WHERE x.project_id = $1 AND x.error_id = $2
