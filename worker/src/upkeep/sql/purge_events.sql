-- Removes a piece of the events of deleted errors, by the index events_by_group.
WITH piece AS (
  SELECT e.project_id, e.event_id, e.day
  FROM purges p
  JOIN events e USING (project_id, group_id)
  LIMIT $1
)
DELETE FROM events e USING piece
WHERE e.project_id = piece.project_id AND e.event_id = piece.event_id AND e.day = piece.day
