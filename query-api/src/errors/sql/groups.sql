-- The groups of an error that have some of these fingerprints. groups_by_error.
SELECT group_id, fingerprint
FROM groups
WHERE project_id = $1 AND error_id = $2 AND fingerprint = ANY ($3)
ORDER BY group_id
