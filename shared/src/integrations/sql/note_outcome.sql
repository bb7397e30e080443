-- How a message fared, unless the settings have changed since it was sent.
UPDATE integrations
SET status = $3, last_error = $4, last_test = now()
WHERE name = $1 AND revision = $2
RETURNING last_test
