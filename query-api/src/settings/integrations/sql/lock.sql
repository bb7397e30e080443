-- One integration, kept from other changes until the transaction ends.
SELECT name, config, secrets, status, last_test, last_error, revision, updated_at
FROM integrations
WHERE name = $1
FOR UPDATE
