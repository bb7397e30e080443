-- Writes the totals of this process, each by its primary key. Only this process writes its rows of
-- these outcomes, and totals only grow, so writing one twice changes nothing.
INSERT INTO ledger AS l (project_id, hour, instance, outcome, reason, events)
SELECT project_id, hour, $1::uuid, outcome, reason, events
FROM unnest($2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[])
  AS total (project_id, hour, outcome, reason, events)
ORDER BY project_id, hour, outcome, reason
ON CONFLICT (project_id, hour, instance, outcome, reason)
  DO UPDATE SET events = greatest(l.events, excluded.events)
