-- Drops what was held back for a digest of a rule. By the index on what is held.
UPDATE notifications SET held = false WHERE project_id = $1 AND rule_id = $2 AND held
