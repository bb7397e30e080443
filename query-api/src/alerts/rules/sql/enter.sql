-- Locks the rules of a project against whoever evaluates or changes them, has them evaluated again, and
-- has users counted from now on if a rule asks for them ($2). By primary key.
INSERT INTO alert_evaluations AS e (project_id, due_at, users_since)
SELECT $1, now, CASE WHEN $2::boolean THEN now END
FROM clock_timestamp() AS now
ON CONFLICT (project_id) DO UPDATE
SET rules_version = e.rules_version + 1,
    due_at = clock_timestamp(),
    users_since = CASE WHEN $2 THEN coalesce(e.users_since, clock_timestamp()) ELSE e.users_since END
