-- The public key of a project's DSN, by primary key.
SELECT dsn_key FROM projects WHERE id = $1
