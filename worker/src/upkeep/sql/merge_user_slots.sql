-- Moves a piece of the users by slot of an age range to the start of their minute or hour, where many are
-- met already, and tells how many were moved. user_slots_by_time.
WITH piece AS (
  SELECT project_id, slot, group_id, facet_id, user_hash
  FROM user_slots
  WHERE slot < now() - $2::text::interval AND slot >= now() - $3::text::interval
    AND slot <> date_trunc($1, slot)
  LIMIT $4
), moved AS (
  DELETE FROM user_slots u USING piece
  WHERE u.project_id = piece.project_id AND u.slot = piece.slot AND u.group_id = piece.group_id
    AND u.facet_id = piece.facet_id AND u.user_hash = piece.user_hash
  RETURNING u.project_id, date_trunc($1, u.slot) AS slot, u.group_id, u.facet_id, u.user_hash
), merged AS (
  INSERT INTO user_slots (project_id, slot, group_id, facet_id, user_hash)
  SELECT DISTINCT project_id, slot, group_id, facet_id, user_hash
  FROM moved
  ORDER BY project_id, slot, group_id, facet_id, user_hash
  ON CONFLICT DO NOTHING
)
SELECT count(*) AS moved FROM moved
