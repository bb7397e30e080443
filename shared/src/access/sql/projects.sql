-- Every project with what ingest has to know about it.
SELECT id, dsn_key, keep_ip_addresses, sanitising_rules, grouping_rules, discard_rules
FROM projects
