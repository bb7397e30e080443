-- All numbers of the statistics, from what is counted anyway; one row.
-- An error was seen since a moment exactly when it was last seen since then.
-- Counting users stops at a million rows, which bounds what one request may cost.
-- Indexes: errors_by_status, error_stats by project, the totals (group 0) in the primary key of
-- event_slots, group_users_by_hour, the primary key of error_arrivals. An arrival whose error was deleted
-- does not count.
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
  FROM event_slots
  WHERE project_id = ANY ($1) AND group_id = 0 AND slot >= $6
) slots
CROSS JOIN (
  SELECT
    count(*) FILTER (WHERE NOT a.regressed) AS new_24h,
    count(*) FILTER (WHERE a.regressed) AS regressed_24h
  FROM error_arrivals a
  JOIN errors e ON e.project_id = a.project_id AND e.error_id = a.error_id
  WHERE a.project_id = ANY ($1) AND a.arrived_at >= $6
) arrived
CROSS JOIN (
  -- Grouped by hash: DISTINCT within count() would sort the rows, which takes eight times as long.
  SELECT count(*) AS users_24h
  FROM (
    SELECT DISTINCT project_id, user_hash
    FROM (
      SELECT project_id, user_hash
      FROM group_users
      WHERE project_id = ANY ($1) AND seen_hour >= $5
      LIMIT 1000000
    ) affected
  ) different
) users
