-- Of users that came to groups of merged errors, how many the error as a whole did not have. `rows` is how
-- many groups of the error a user has just come to: whoever is in more of them was there before.
-- groups_by_error, then the primary key of group_users.
SELECT came.project_id, came.error_id, count(*) AS users
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[])
  AS came (project_id, error_id, user_hash, rows)
WHERE came.rows = (
  SELECT count(*)
  FROM groups g
  JOIN group_users u ON u.project_id = g.project_id AND u.group_id = g.group_id
  WHERE g.project_id = came.project_id AND g.error_id = came.error_id AND u.user_hash = came.user_hash)
GROUP BY came.project_id, came.error_id
