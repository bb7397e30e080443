-- Makes a project, unless somebody took the slug a moment ago: then no row comes back.
INSERT INTO projects (name, slug, keep_ip_addresses)
VALUES ($1, $2, $3)
ON CONFLICT (slug) DO NOTHING
RETURNING id, name, slug, dsn_key, created_at, updated_at, keep_ip_addresses
