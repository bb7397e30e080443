-- Marks messages as processed; those that were processed before are not returned.
INSERT INTO batches (day, batch_id)
SELECT day, batch_id FROM unnest($1::date[], $2::uuid[]) AS wanted (day, batch_id)
ORDER BY batch_id, day
ON CONFLICT DO NOTHING
RETURNING batch_id
