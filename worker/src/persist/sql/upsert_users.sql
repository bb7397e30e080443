-- Marks whom groups happened to and when last. Returns the rows that were written; `new` tells users
-- that the group did not have (xmax is 0 in a row that was inserted) from hours that moved on.
INSERT INTO group_users AS u (project_id, group_id, user_hash, seen_hour)
SELECT project_id, group_id, user_hash, seen_hour
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::timestamptz[])
  AS given (project_id, group_id, user_hash, seen_hour)
ORDER BY project_id, group_id, user_hash
ON CONFLICT (project_id, group_id, user_hash) DO UPDATE SET seen_hour = excluded.seen_hour
  WHERE u.seen_hour < excluded.seen_hour
RETURNING project_id, group_id, user_hash, u.xmax = 0 AS new
