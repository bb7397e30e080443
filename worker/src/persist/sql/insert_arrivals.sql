-- Marks errors that were seen for the first time, or again after they were resolved.
INSERT INTO error_arrivals (project_id, arrived_at, error_id, regressed, facet_id)
SELECT project_id, arrived_at, error_id, regressed, facet_id
FROM unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::boolean[], $5::int[])
  AS new (project_id, arrived_at, error_id, regressed, facet_id)
ORDER BY project_id, arrived_at, error_id
ON CONFLICT DO NOTHING
