-- Stores a new API key by its hash.
INSERT INTO api_keys (project_id, name, key_hash, key_preview, permissions)
VALUES ($1, $2, $3, $4, $5)
