-- Keys, oldest first: of one project or of all. Members' own keys are shown with their members, and
-- the development key only where it is honoured. Lists hold at most 1,000.
SELECT id, project_id, name, key_preview, permissions, expires_at, last_used_at, created_at,
  errors_per_minute, analytics_per_minute, general_per_minute, allowed_origins
FROM api_keys
WHERE ($1::int IS NULL OR project_id = $1)
  AND member_id IS NULL
  AND (NOT development_only OR $2)
ORDER BY created_at, id
LIMIT 1000
