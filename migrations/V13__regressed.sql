-- Errors that came back are asked for by themselves.

-- A table in use is not waited for: the statement would queue everyone behind it.
SET LOCAL lock_timeout = '2s';

-- Few errors are back at any time. Versions before this one read and write as they did.
CREATE INDEX errors_regressed ON errors (project_id, error_id) WHERE regressed;
