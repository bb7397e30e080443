-- Adds to the bytes that projects hold, in key order.
INSERT INTO payload_bytes AS b (project_id, day, bytes)
SELECT project_id, day, bytes
FROM unnest($1::int[], $2::date[], $3::bigint[]) AS kept (project_id, day, bytes)
ORDER BY project_id, day
ON CONFLICT (project_id, day) DO UPDATE SET bytes = b.bytes + excluded.bytes
