-- Events by minute of receipt and level, from $2 on, and errors that came: for the first time, or again
-- after they were resolved, whose rows have no level. What did not happen is left out; an error that was
-- deleted since does not count.
-- Totals (group 0) by the primary key of event_slots; those of error_arrivals, errors and facets.
SELECT date_trunc('minute', s.slot) AS minute, f.level, NULL::boolean AS regressed,
  sum(s.events)::bigint AS number
FROM event_slots s
JOIN facets f ON f.project_id = s.project_id AND f.facet_id = s.facet_id
WHERE s.project_id = ANY ($1) AND s.group_id = 0 AND s.slot >= $2
GROUP BY 1, 2
UNION ALL
SELECT date_trunc('minute', a.arrived_at), NULL, a.regressed, count(*)
FROM error_arrivals a
JOIN errors e ON e.project_id = a.project_id AND e.error_id = a.error_id
WHERE a.project_id = ANY ($1) AND a.arrived_at >= $2
GROUP BY 1, 3
ORDER BY minute
