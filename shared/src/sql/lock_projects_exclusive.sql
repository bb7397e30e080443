-- Locks projects exclusively until the end of the transaction, in ascending order.
SELECT count(pg_advisory_xact_lock($1, project_id))
FROM (SELECT project_id FROM unnest($2::int[]) AS wanted (project_id) ORDER BY project_id) AS ordered
