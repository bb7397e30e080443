-- How many users some errors ($2) have together, before they are merged: those of the error with the most,
-- which are known, and of all others those that are not among them. So it costs the users of the smaller
-- ones, each a look by the primary key of group_users: OFFSET keeps the planner from reading all users of
-- the largest. Primary key of error_stats; groups_by_error.
WITH largest AS MATERIALIZED (
  SELECT error_id, user_count
  FROM error_stats
  WHERE project_id = $1 AND error_id = ANY ($2)
  ORDER BY user_count DESC, error_id
  LIMIT 1
), others AS (
  SELECT DISTINCT u.user_hash
  FROM groups g
  JOIN group_users u ON u.project_id = g.project_id AND u.group_id = g.group_id
  WHERE g.project_id = $1 AND g.error_id = ANY ($2) AND g.error_id <> (SELECT error_id FROM largest)
)
SELECT (SELECT user_count FROM largest) + (
  SELECT count(*)
  FROM others
  WHERE NOT EXISTS (
    SELECT
    FROM groups g
    JOIN group_users u ON u.project_id = g.project_id AND u.group_id = g.group_id
    WHERE g.project_id = $1 AND g.error_id = (SELECT error_id FROM largest)
      AND u.user_hash = others.user_hash
    OFFSET 0)) AS users
