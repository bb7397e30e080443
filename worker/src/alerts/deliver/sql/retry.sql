-- Notes why attempt $4 of a delivery ($1, $2, $3) failed ($5), and plans the next one at a random time
-- within $6 seconds. Nothing when another process has claimed it since.
UPDATE deliveries
SET last_error = $5,
    next_attempt_at = clock_timestamp() + make_interval(secs => random() * $6::double precision)
WHERE project_id = $1 AND delivery_id = $2 AND channel = $3 AND status = 'pending' AND attempts = $4
