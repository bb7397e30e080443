-- The settings of one integration.
SELECT name, config, secrets, status, last_test, last_error, revision, updated_at
FROM integrations
WHERE name = $1
