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
), freed AS (
  UPDATE payload_bytes b SET bytes = b.bytes - held.bytes
  FROM held
  WHERE b.project_id = held.project_id AND b.day = held.day AND held.bytes IS NOT NULL
)
SELECT count(*) AS events FROM gone
