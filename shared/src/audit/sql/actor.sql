-- The name of a key, and the member whose own it is. By primary keys.
SELECT k.name, m.id AS member_id, m.name AS member_name
FROM api_keys k LEFT JOIN team_members m ON m.id = k.member_id
WHERE k.id = $1
