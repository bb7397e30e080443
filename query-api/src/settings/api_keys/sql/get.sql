-- One key, by primary key.
SELECT id, project_id, name, key_preview, permissions, expires_at, last_used_at, created_at,
  errors_per_minute, analytics_per_minute, general_per_minute, allowed_origins
FROM api_keys
WHERE id = $1
