-- What ingest has reported as accepted and what became of accepted events, by project, hour and the
-- process that accepted them.
SELECT instance,
       coalesce(sum(events) FILTER (WHERE outcome = 'accepted'), 0)::bigint AS reported,
       coalesce(sum(events) FILTER (WHERE outcome IN
         ('stored', 'deduplicated', 'counted_only', 'filtered', 'dead_lettered')), 0)::bigint AS ended,
       coalesce(sum(events) FILTER (WHERE outcome IN ('stored', 'counted_only')), 0)::bigint AS stored
FROM ledger
GROUP BY project_id, hour, instance
