-- The requests of an instance in a minute. Totals of the minute so far: written again, they replace
-- what was written before.
INSERT INTO traffic (at, service, instance, seconds, requests, failed, duration_ms, buckets)
VALUES (to_timestamp($1::float8 * 60), $2, $3, 60, $4, $5, $6, $7)
ON CONFLICT (at, service, instance, seconds) DO UPDATE
SET requests = excluded.requests, failed = excluded.failed, duration_ms = excluded.duration_ms,
    buckets = excluded.buckets
