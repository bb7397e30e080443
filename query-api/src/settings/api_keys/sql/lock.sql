-- One key that is about to change, by primary key: of one project or of all.
SELECT id, project_id, name, key_preview, permissions, expires_at, last_used_at, created_at,
  errors_per_minute, analytics_per_minute, general_per_minute, allowed_origins,
  development_only, member_id
FROM api_keys
WHERE id = $1
  AND ($2::int IS NULL OR project_id = $2)
  AND (NOT development_only OR $3)
FOR UPDATE
