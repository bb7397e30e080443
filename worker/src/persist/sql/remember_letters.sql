-- Notes letters whose events stand in the ledger, in key order. Of two events with one id in one batch
-- there is one letter.
INSERT INTO counted_letters (project_id, letter_id, hour, instance)
SELECT project_id, letter_id, hour, instance
FROM unnest($1::int[], $2::uuid[], $3::timestamptz[], $4::uuid[]) AS new (project_id, letter_id, hour, instance)
ORDER BY project_id, letter_id
ON CONFLICT DO NOTHING
