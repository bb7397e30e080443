-- Takes the events of groups out of the project's totals by hour; what reaches 0 goes.
-- Primary key of event_hours, by group.
WITH gone AS (
  SELECT hour, facet_id, sum(events)::bigint AS events
  FROM event_hours
  WHERE project_id = $1 AND group_id = ANY ($2)
  GROUP BY hour, facet_id
), emptied AS (
  DELETE FROM event_hours t
  USING gone
  WHERE t.project_id = $1 AND t.group_id = 0 AND t.hour = gone.hour
    AND t.facet_id = gone.facet_id AND t.events <= gone.events
)
UPDATE event_hours t
SET events = t.events - gone.events
FROM gone
WHERE t.project_id = $1 AND t.group_id = 0 AND t.hour = gone.hour
  AND t.facet_id = gone.facet_id AND t.events > gone.events
