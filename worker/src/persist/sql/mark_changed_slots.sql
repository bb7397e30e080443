-- Marks slots whose counts this transaction changes, for the rules of their projects. The row is written
-- anew even where it is there: who evaluates removes it only in the version that was read.
INSERT INTO changed_slots AS c (project_id, slot)
SELECT project_id, slot
FROM unnest($1::int[], $2::timestamptz[]) AS new (project_id, slot)
ORDER BY project_id, slot
ON CONFLICT (project_id, slot) DO UPDATE SET version = c.version + 1
