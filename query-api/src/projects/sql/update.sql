-- Changes the fields that are given. The slug stays: links hold it.
UPDATE projects
SET name = coalesce($2, name),
    keep_ip_addresses = coalesce($3, keep_ip_addresses),
    updated_at = now()
WHERE id = $1
RETURNING id, name, slug, dsn_key, created_at, updated_at, keep_ip_addresses
