-- Stores events and returns those that were not there. Everything that is counted is counted from
-- what this returns.
INSERT INTO events (project_id, event_id, day, group_id, occurred_at, received_at, facet_id, encoding, payload)
SELECT project_id, event_id, day, group_id, occurred_at, received_at, facet_id, encoding, payload
FROM unnest($1::int[], $2::uuid[], $3::date[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
            $7::int[], $8::smallint[], $9::bytea[])
  AS new (project_id, event_id, day, group_id, occurred_at, received_at, facet_id, encoding, payload)
ORDER BY project_id, event_id
ON CONFLICT DO NOTHING
RETURNING project_id, event_id, day
