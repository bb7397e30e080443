-- Marks ids that clients gave, under the day of receipt and the day after. An id is new when both of
-- its rows are returned: any receipt within 24 hours shares one of them. Of equal rows given here one
-- is returned. Key order against deadlocks.
INSERT INTO seen_ids (project_id, event_id, day)
SELECT project_id, event_id, day + later
FROM unnest($1::int[], $2::uuid[], $3::date[]) AS given (project_id, event_id, day),
  generate_series(0, 1) AS later
ORDER BY project_id, event_id, day + later
ON CONFLICT DO NOTHING
RETURNING project_id, event_id, day
