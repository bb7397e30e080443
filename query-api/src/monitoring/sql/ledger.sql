-- What became of the events of a project, or of all ($1 null), for the newest $4 project-hours of a
-- range, by the index ledger_by_hour. Accepted is what an ingest process has reported, or what has arrived of
-- it where that is more: a process that was killed could not report its last.
WITH hours AS MATERIALIZED (
  SELECT DISTINCT hour, project_id FROM ledger
  WHERE ($1::int IS NULL OR project_id = $1) AND hour >= $2 AND hour < $3
  ORDER BY hour DESC, project_id
  LIMIT $4
), rows AS MATERIALIZED (
  SELECT l.project_id, l.hour, l.instance, l.outcome, l.reason, l.events
  FROM hours JOIN ledger l USING (project_id, hour)
), accepted AS (
  SELECT project_id, hour, instance,
         greatest(sum(events) FILTER (WHERE outcome = 'accepted'),
                  sum(events) FILTER (WHERE outcome = ANY ($5))) AS events
  FROM rows
  GROUP BY project_id, hour, instance
)
SELECT project_id, hour, 'accepted' AS outcome, '' AS reason, coalesce(sum(events), 0)::bigint AS events
FROM accepted
GROUP BY project_id, hour
UNION ALL
SELECT project_id, hour, outcome, reason, sum(events)::bigint
FROM rows
WHERE outcome <> 'accepted'
GROUP BY project_id, hour, outcome, reason
ORDER BY hour DESC, project_id, outcome, reason
