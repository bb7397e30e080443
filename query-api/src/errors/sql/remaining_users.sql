-- How many users an error ($2) has after some groups ($3) were taken out: those that it had without those
-- that only they had where these are few, or all of those that are left, which are distinct already where a
-- single group is left. OFFSET and the sixteen as in merged_users. Primary keys; groups_by_error.
WITH sizes AS MATERIALIZED (
  SELECT (SELECT sum(user_count) FROM error_stats WHERE project_id = $1 AND error_id = ANY ($3)) AS taken,
         (SELECT sum(s.user_count)
          FROM groups g
          JOIN group_stats s ON s.project_id = g.project_id AND s.group_id = g.group_id
          WHERE g.project_id = $1 AND g.error_id = $2) AS remaining
), left_over AS MATERIALIZED (
  SELECT array_agg(group_id) AS ids FROM groups WHERE project_id = $1 AND error_id = $2
)
SELECT CASE WHEN 16 * sizes.taken <= sizes.remaining THEN
  (SELECT user_count FROM error_stats WHERE project_id = $1 AND error_id = $2) - (
    SELECT count(*)
    FROM (SELECT DISTINCT user_hash FROM group_users WHERE project_id = $1 AND group_id = ANY ($3)) taken
    WHERE NOT EXISTS (
      SELECT
      FROM group_users u
      WHERE u.project_id = $1 AND u.group_id = ANY ((SELECT ids FROM left_over)::bigint[])
        AND u.user_hash = taken.user_hash
      OFFSET 0))
WHEN (SELECT cardinality(ids) FROM left_over) = 1 THEN (
  SELECT count(*) FROM group_users WHERE project_id = $1 AND group_id = (SELECT ids[1] FROM left_over))
ELSE (
  SELECT count(*)
  FROM (SELECT DISTINCT user_hash FROM group_users
        WHERE project_id = $1 AND group_id = ANY ((SELECT ids FROM left_over)::bigint[])) users)
END AS users
FROM sizes
