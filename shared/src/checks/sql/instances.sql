-- The instances that were seen of late, and for how long each has been ready. A few rows: those of the
-- dead are pruned.
SELECT service, extract(epoch FROM clock_timestamp() - ready_since)::float8 AS ready_for, response_ms,
       connections, lag
FROM instances
WHERE seen_at > clock_timestamp() - $1::float8 * interval '1 second'
LIMIT 10000
