-- Writes all that may change of a key, which is locked.
UPDATE api_keys
SET name = $2, permissions = $3, expires_at = $4, errors_per_minute = $5, analytics_per_minute = $6,
  general_per_minute = $7, allowed_origins = $8, below_owners = below_owners OR $9
WHERE id = $1
