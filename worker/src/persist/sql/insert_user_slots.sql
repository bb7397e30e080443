-- Marks whom events happened to in a slot, in projects whose rules ask for it.
INSERT INTO user_slots (project_id, slot, group_id, facet_id, user_hash)
SELECT project_id, slot, group_id, facet_id, user_hash
FROM unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::int[], $5::bigint[])
  AS new (project_id, slot, group_id, facet_id, user_hash)
ORDER BY project_id, slot, group_id, facet_id, user_hash
ON CONFLICT DO NOTHING
