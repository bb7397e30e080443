-- The rules that have something held back. notifications_held.
SELECT DISTINCT rule_id FROM notifications WHERE project_id = $1 AND held
