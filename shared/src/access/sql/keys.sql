-- Every key that has not expired. Read whole, whenever the version moved.
SELECT id, project_id, key_hash, permissions, development_only, expires_at,
  errors_per_minute, analytics_per_minute, general_per_minute, allowed_origins
FROM api_keys
WHERE expires_at IS NULL OR expires_at > now()
