-- Notes that a delivery ($1, $2, $3) failed for good with attempt $4, and why ($5). Nothing when another
-- process has claimed it since.
UPDATE deliveries
SET status = 'failed', finished_at = clock_timestamp(), last_error = $5
WHERE project_id = $1 AND delivery_id = $2 AND channel = $3 AND status = 'pending' AND attempts = $4
