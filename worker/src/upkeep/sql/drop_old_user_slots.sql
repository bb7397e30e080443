-- Removes a piece of the users by slot that no window of a rule reaches. user_slots_by_time.
WITH piece AS (
  SELECT project_id, slot, group_id, facet_id, user_hash FROM user_slots
  WHERE slot < now() - interval '31 days'
  LIMIT $1
)
DELETE FROM user_slots u USING piece
WHERE u.project_id = piece.project_id AND u.slot = piece.slot AND u.group_id = piece.group_id
  AND u.facet_id = piece.facet_id AND u.user_hash = piece.user_hash
