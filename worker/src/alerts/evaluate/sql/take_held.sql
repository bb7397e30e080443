-- Takes what is held back of a rule for a digest. notifications_held.
UPDATE notifications
SET held = false, digest_id = $3
WHERE project_id = $1 AND rule_id = $2 AND held
RETURNING delivery_id, content
