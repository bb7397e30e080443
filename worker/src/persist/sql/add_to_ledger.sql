-- Adds what became of the events of a transaction, each row by its primary key and in key order.
INSERT INTO ledger AS l (project_id, hour, instance, outcome, reason, events)
SELECT project_id, hour, instance, outcome, reason, events
FROM unnest($1::int[], $2::timestamptz[], $3::uuid[], $4::text[], $5::text[], $6::bigint[])
  AS ended (project_id, hour, instance, outcome, reason, events)
ORDER BY project_id, hour, instance, outcome, reason
ON CONFLICT (project_id, hour, instance, outcome, reason)
  DO UPDATE SET events = l.events + excluded.events
