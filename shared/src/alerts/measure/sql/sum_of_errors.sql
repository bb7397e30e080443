-- Events of some errors together by facet, between each boundary and the next. groups_by_error, then the
-- primary key of event_slots for each group.
SELECT 0::bigint AS error_id, s.facet_id, width_bucket(s.slot, $2::timestamptz[]) AS segment,
       sum(s.events)::bigint AS events
FROM groups g
JOIN event_slots s ON s.project_id = g.project_id AND s.group_id = g.group_id
WHERE g.project_id = $1 AND g.error_id = ANY ($5) AND s.slot >= $3 AND s.slot < $4
GROUP BY s.facet_id, segment
