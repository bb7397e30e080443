-- Adds to the roll-up by slot, in key order.
INSERT INTO event_slots AS r (project_id, group_id, slot, facet_id, events)
SELECT project_id, group_id, slot, facet_id, events
FROM unnest($1::int[], $2::bigint[], $3::timestamptz[], $4::int[], $5::bigint[])
  AS new (project_id, group_id, slot, facet_id, events)
ORDER BY project_id, group_id, slot, facet_id
ON CONFLICT (project_id, group_id, slot, facet_id) DO UPDATE SET events = r.events + excluded.events
