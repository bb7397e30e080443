-- All projects, oldest first; lists hold at most 1,000.
SELECT id, name, slug, dsn_key, created_at, updated_at, keep_ip_addresses
FROM projects
ORDER BY id
LIMIT 1000
