-- One project with everything that is set for it. Primary key.
SELECT id, name, slug, dsn_key, created_at, updated_at, keep_ip_addresses, grouping_rules, discard_rules,
  sanitising_rules
FROM projects
WHERE id = $1
