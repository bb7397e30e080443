-- Notes that a delivery ($1, $2, $3) arrived, and for whom it did not ($4). That is true whatever another
-- process has made of it meanwhile.
UPDATE deliveries
SET status = 'delivered', finished_at = clock_timestamp(), last_error = $4
WHERE project_id = $1 AND delivery_id = $2 AND channel = $3 AND status <> 'delivered'
