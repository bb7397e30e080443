-- Every project with what ingest has to know about it.
SELECT id, dsn_key, keep_ip_addresses, sanitising_rules
FROM projects
