-- Removes a piece of the slots that no rule reaches: a window has at most 30 days, and a change is against
-- the window before it.
WITH piece AS (
  SELECT project_id, group_id, slot, facet_id FROM event_slots
  WHERE slot < now() - interval '62 days'
  LIMIT $1
)
DELETE FROM event_slots s USING piece
WHERE s.project_id = piece.project_id AND s.group_id = piece.group_id
  AND s.slot = piece.slot AND s.facet_id = piece.facet_id
