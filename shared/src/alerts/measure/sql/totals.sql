-- Events of a project by facet, between each boundary and the next. Primary key of event_slots: the rows
-- of group 0, which stands for the whole project.
SELECT 0::bigint AS error_id, facet_id, width_bucket(slot, $2::timestamptz[]) AS segment,
       sum(events)::bigint AS events
FROM event_slots
WHERE project_id = $1 AND group_id = 0 AND slot >= $3 AND slot < $4
GROUP BY facet_id, segment
