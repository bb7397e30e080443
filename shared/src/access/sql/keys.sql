-- Every key that has not expired. Read whole, whenever the version moved.
SELECT id, project_id, key_hash, permissions, development_only, expires_at
FROM api_keys
WHERE expires_at IS NULL OR expires_at > now()
