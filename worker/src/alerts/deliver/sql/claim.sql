-- Claims what is due of one channel ($1), at most $2 rows, longest due first: counts the attempt and
-- moves the next one $3 seconds ahead, so that nobody else sends it meanwhile. Rows that others are
-- claiming are passed over. By deliveries_due; a volatile clock_timestamp() could not be looked up in it.
WITH due AS (
  SELECT project_id, delivery_id, channel
  FROM deliveries
  WHERE channel = $1 AND status = 'pending' AND next_attempt_at <= statement_timestamp()
  ORDER BY next_attempt_at
  LIMIT $2
  FOR UPDATE SKIP LOCKED
)
UPDATE deliveries d
SET attempts = d.attempts + 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => $3::double precision)
FROM due
LEFT JOIN notifications n ON n.project_id = due.project_id AND n.delivery_id = due.delivery_id
WHERE d.project_id = due.project_id AND d.delivery_id = due.delivery_id AND d.channel = due.channel
RETURNING d.project_id, d.delivery_id, d.attempts, d.created_at, n.content
