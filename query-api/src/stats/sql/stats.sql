-- All numbers of the statistics, from what is counted anyway; one row.
-- An error was seen since a moment exactly when it was last seen since then.
-- The users are those of the errors seen since $5; counting them stops at a million rows, which
-- bounds what one request may cost.
-- Indexes: errors_by_status, error_stats by project, the totals (group 0) in the primary key of
-- event_hours, error_stats_by_last_seen, groups_by_error, the primary key of group_users.
SELECT * FROM (
  SELECT
    count(*) AS total,
    count(*) FILTER (WHERE e.status = 1) AS resolved,
    (extract(epoch FROM avg(e.resolved_at - s.first_seen) FILTER (WHERE e.status = 1)))::float8
      AS resolution_seconds
  FROM errors e
  LEFT JOIN error_stats s
    ON e.status = 1 AND s.project_id = e.project_id AND s.error_id = e.error_id
  WHERE e.project_id = ANY ($1)
) errors
CROSS JOIN (
  SELECT
    count(*) FILTER (WHERE last_seen >= $2) AS today,
    count(*) FILTER (WHERE last_seen >= $3) AS week,
    count(*) FILTER (WHERE last_seen >= $4) AS month,
    coalesce(sum(event_count), 0)::bigint AS events_total
  FROM error_stats
  WHERE project_id = ANY ($1)
) seen
CROSS JOIN (
  SELECT coalesce(sum(events), 0)::bigint AS events_24h
  FROM event_hours
  WHERE project_id = ANY ($1) AND group_id = 0 AND hour >= $6
) hours
CROSS JOIN (
  SELECT count(DISTINCT (project_id, user_hash)) AS users_24h
  FROM (
    SELECT u.project_id, u.user_hash
    FROM error_stats s
    JOIN groups g ON g.project_id = s.project_id AND g.error_id = s.error_id
    JOIN group_users u ON u.project_id = g.project_id AND u.group_id = g.group_id
    WHERE s.project_id = ANY ($1) AND s.last_seen >= $5
    LIMIT 1000000
  ) affected
) users
