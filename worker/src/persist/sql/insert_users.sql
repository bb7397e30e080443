-- Marks whom groups happened to, and returns the users each group did not have.
INSERT INTO group_users (project_id, group_id, user_hash)
SELECT project_id, group_id, user_hash
FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS new (project_id, group_id, user_hash)
ORDER BY project_id, group_id, user_hash
ON CONFLICT DO NOTHING
RETURNING project_id, group_id
