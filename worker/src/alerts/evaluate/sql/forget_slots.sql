-- Removes marks in the version that was evaluated. One that is being moved on has a newer version soon, so
-- nobody waits for it. Primary key.
DELETE FROM changed_slots c
USING (
  SELECT c.project_id, c.slot
  FROM changed_slots c
  JOIN unnest($2::timestamptz[], $3::bigint[]) AS seen (slot, version) USING (slot, version)
  WHERE c.project_id = $1
  ORDER BY c.slot
  FOR UPDATE OF c SKIP LOCKED
) done
WHERE c.project_id = done.project_id AND c.slot = done.slot
