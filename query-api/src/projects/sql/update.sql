-- Changes the fields that are given, and answers what they were. The slug stays: links hold it.
UPDATE projects p
SET name = coalesce($2, p.name),
    keep_ip_addresses = coalesce($3, p.keep_ip_addresses),
    grouping_rules = coalesce($4, p.grouping_rules),
    discard_rules = coalesce($5, p.discard_rules),
    sanitising_rules = coalesce($6, p.sanitising_rules),
    updated_at = now()
FROM (
  SELECT id, name, keep_ip_addresses, grouping_rules, discard_rules, sanitising_rules
  FROM projects
  WHERE id = $1
  FOR UPDATE
) old
WHERE p.id = old.id
RETURNING p.id, p.name, p.slug, p.dsn_key, p.created_at, p.updated_at, p.keep_ip_addresses,
  p.grouping_rules, p.discard_rules, p.sanitising_rules,
  old.name AS old_name, old.keep_ip_addresses AS old_keep_ip_addresses,
  old.grouping_rules AS old_grouping_rules, old.discard_rules AS old_discard_rules,
  old.sanitising_rules AS old_sanitising_rules
