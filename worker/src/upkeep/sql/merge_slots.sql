-- Moves a piece of the slots of an age range to the start of their minute or hour, and tells how many
-- were moved.
WITH piece AS (
  SELECT project_id, group_id, slot, facet_id
  FROM event_slots
  WHERE slot < now() - $2::text::interval AND slot >= now() - $3::text::interval
    AND slot <> date_trunc($1, slot)
  LIMIT $4
), moved AS (
  DELETE FROM event_slots s USING piece
  WHERE s.project_id = piece.project_id AND s.group_id = piece.group_id
    AND s.slot = piece.slot AND s.facet_id = piece.facet_id
  RETURNING s.project_id, s.group_id, date_trunc($1, s.slot) AS slot, s.facet_id, s.events
), merged AS (
  INSERT INTO event_slots AS r (project_id, group_id, slot, facet_id, events)
  SELECT project_id, group_id, slot, facet_id, sum(events)::bigint
  FROM moved
  GROUP BY project_id, group_id, slot, facet_id
  ORDER BY project_id, group_id, slot, facet_id
  ON CONFLICT (project_id, group_id, slot, facet_id) DO UPDATE SET events = r.events + excluded.events
)
SELECT count(*) AS moved FROM moved
