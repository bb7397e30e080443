-- How many users an error ($2) has after some groups ($3) were taken out: those that it had without those
-- that only they had, or all of those that are left, whichever are fewer to look at. OFFSET as in
-- merged_users. Primary keys; groups_by_error.
WITH sizes AS MATERIALIZED (
  SELECT (SELECT sum(user_count) FROM error_stats WHERE project_id = $1 AND error_id = ANY ($3)) AS taken,
         (SELECT sum(s.user_count)
          FROM groups g
          JOIN group_stats s ON s.project_id = g.project_id AND s.group_id = g.group_id
          WHERE g.project_id = $1 AND g.error_id = $2) AS remaining
)
SELECT CASE WHEN sizes.taken <= sizes.remaining THEN
  (SELECT user_count FROM error_stats WHERE project_id = $1 AND error_id = $2) - (
    SELECT count(*)
    FROM (SELECT DISTINCT user_hash FROM group_users WHERE project_id = $1 AND group_id = ANY ($3)) taken
    WHERE NOT EXISTS (
      SELECT
      FROM groups g
      JOIN group_users u ON u.project_id = g.project_id AND u.group_id = g.group_id
      WHERE g.project_id = $1 AND g.error_id = $2 AND u.user_hash = taken.user_hash
      OFFSET 0))
ELSE (
  SELECT count(DISTINCT u.user_hash)
  FROM groups g
  JOIN group_users u ON u.project_id = g.project_id AND u.group_id = g.group_id
  WHERE g.project_id = $1 AND g.error_id = $2)
END AS users
FROM sizes
