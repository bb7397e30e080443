-- Changes the fields that are given, and answers what they were. The slug stays: links hold it.
UPDATE projects p
SET name = coalesce($2, p.name),
    keep_ip_addresses = coalesce($3, p.keep_ip_addresses),
    updated_at = now()
FROM (SELECT id, name, keep_ip_addresses FROM projects WHERE id = $1 FOR UPDATE) old
WHERE p.id = old.id
RETURNING p.id, p.name, p.slug, p.dsn_key, p.created_at, p.updated_at, p.keep_ip_addresses,
  old.name AS old_name, old.keep_ip_addresses AS old_keep_ip_addresses
