-- Removes a piece of the events of deleted errors, by the index events_by_group, and gives their bytes
-- back to their projects.
WITH piece AS (
  SELECT e.project_id, e.event_id, e.day
  FROM purges p
  JOIN events e USING (project_id, group_id)
  LIMIT $1
), gone AS (
  DELETE FROM events e USING piece
  WHERE e.project_id = piece.project_id AND e.event_id = piece.event_id AND e.day = piece.day
  RETURNING e.project_id, e.day, octet_length(e.payload) AS bytes
), held AS (
  SELECT project_id, day, sum(bytes) AS bytes FROM gone GROUP BY project_id, day
), locked AS MATERIALIZED (
  -- In key order, as whoever adds to them.
  SELECT b.project_id, b.day, held.bytes
  FROM held JOIN payload_bytes b USING (project_id, day)
  WHERE held.bytes IS NOT NULL
  ORDER BY b.project_id, b.day
  FOR UPDATE OF b
), freed AS (
  -- What was stored before bytes were counted gives none back.
  UPDATE payload_bytes b SET bytes = greatest(b.bytes - locked.bytes, 0)
  FROM locked
  WHERE b.project_id = locked.project_id AND b.day = locked.day
)
SELECT count(*) AS events FROM gone
