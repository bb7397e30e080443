-- Up to when the rules of a project are evaluated, and when they are next. Primary key.
UPDATE alert_evaluations
SET evaluated_at = $2, due_at = $3, not_before = $4
WHERE project_id = $1
