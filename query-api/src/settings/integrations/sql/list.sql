-- All integrations; there is a row for each.
SELECT name, config, secrets, status, last_test, last_error, revision, updated_at
FROM integrations
