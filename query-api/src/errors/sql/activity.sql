-- What happened to an error, newest first, before an entry ($3), with the member or the key that did it. By
-- the primary key of error_activity; those of api_keys and team_members.
SELECT a.activity_id, a.at, a.kind, a.details - 'key_id' AS details, coalesce(m.name, k.name) AS done_by
FROM error_activity a
LEFT JOIN api_keys k ON k.id = (a.details ->> 'key_id')::uuid
LEFT JOIN team_members m ON m.id = k.member_id
WHERE a.project_id = $1 AND a.error_id = $2 AND a.activity_id < $3
ORDER BY a.activity_id DESC
LIMIT $4
