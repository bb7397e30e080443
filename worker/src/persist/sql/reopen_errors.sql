-- Reopens resolved errors whose event happened and was received after the resolve (a regression),
-- and ignored ones whose time or number has come. Looks only at errors that are not open, by the
-- partial index errors_closed. `newest` is the latest moment that is not after either of an event's
-- two times. Returns what was reopened.
WITH stored AS (
  SELECT project_id, error_id, newest, newest_receipt
  FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::timestamptz[])
    AS new (project_id, error_id, newest, newest_receipt)
), due AS (
  SELECT e.project_id, e.error_id, e.status = 1 AS regressed
  FROM stored
  JOIN errors e USING (project_id, error_id)
  JOIN error_stats s USING (project_id, error_id)
  WHERE e.status <> 0
    AND (e.status = 1 AND stored.newest > e.settled_at
      OR e.status = 2 AND stored.newest_receipt > e.ignored_until
      OR e.status = 2 AND s.event_count >= e.ignored_until_count)
  ORDER BY e.project_id, e.error_id
  FOR UPDATE OF e
), reopened AS (
  UPDATE errors e
  SET status = 0, regressed = due.regressed, resolved_at = NULL, settled_at = NULL, ignored_until = NULL,
      ignored_until_count = NULL, updated_at = clock_timestamp()
  FROM due
  WHERE e.project_id = due.project_id AND e.error_id = due.error_id
  RETURNING e.project_id, e.error_id, due.regressed
)
INSERT INTO error_activity (project_id, error_id, at, kind)
SELECT project_id, error_id, clock_timestamp(), CASE WHEN regressed THEN 'regressed' ELSE 'reopened' END
FROM reopened
RETURNING project_id, error_id, kind = 'regressed' AS regressed
