-- Stores a new key, unless there are as many as may be: then no row comes back. Keys are few, and
-- made rarely enough that counting them costs nothing.
INSERT INTO api_keys (project_id, name, key_hash, key_preview, permissions, expires_at,
  errors_per_minute, analytics_per_minute, general_per_minute, allowed_origins, member_id,
  below_owners)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13
WHERE (SELECT count(*) FROM api_keys) < $12
RETURNING id
