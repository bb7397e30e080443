-- New settings of an integration. They have not been tried yet.
UPDATE integrations
SET config = $2, secrets = $3, status = $4, last_error = NULL,
  last_test = CASE WHEN $4 = 'not_configured' THEN NULL ELSE last_test END,
  revision = revision + 1, updated_at = now()
WHERE name = $1
RETURNING name, config, secrets, status, last_test, last_error, revision, updated_at
