-- What trends read besides the roll-ups.

-- A table in use is not waited for: the statement would queue everyone behind it.
SET LOCAL lock_timeout = '2s';

-- Resolutions by time; other activity is only ever read of one error.
CREATE INDEX error_activity_resolved ON error_activity (project_id, at) INCLUDE (error_id)
  WHERE kind = 'resolved';
