-- The releases of projects ($1) that had events in a stretch of time [$2, $3), the newest first, at most $4,
-- and how many there are. Events count by the hour in which they happened, errors that came by their
-- receipt; one that was deleted since does not count. A release whose facets were there before they were
-- dated has no beginning, and one of which older events came late began with the hour of the oldest.
-- What happened last is told by the hour, or by the slot of its receipt ($5: where slots are short) where
-- both are of one hour; slots and hours begin before what they hold, but nothing ends before it began.
-- Totals (group 0) by the primary keys of event_hours and event_slots; error_arrivals and errors by theirs.
-- A project has few facets: they are all read, by the primary key.
WITH hours AS MATERIALIZED (
  SELECT project_id, facet_id, sum(events) AS events, min(hour) AS first_hour, max(hour) AS last_hour
  FROM event_hours
  WHERE project_id = ANY ($1) AND group_id = 0 AND hour >= $2 AND hour < $3
  GROUP BY project_id, facet_id
), slots AS MATERIALIZED (
  SELECT project_id, facet_id, max(slot) AS last_slot
  FROM event_slots
  WHERE project_id = ANY ($1) AND group_id = 0 AND slot >= $5
  GROUP BY project_id, facet_id
), arrivals AS MATERIALIZED (
  SELECT a.project_id, a.facet_id,
    count(*) FILTER (WHERE NOT a.regressed) AS new_errors,
    count(*) FILTER (WHERE a.regressed) AS regressed_errors
  FROM error_arrivals a
  JOIN errors e ON e.project_id = a.project_id AND e.error_id = a.error_id
  WHERE a.project_id = ANY ($1) AND a.arrived_at >= $2 AND a.arrived_at < $3
  GROUP BY a.project_id, a.facet_id
), releases AS (
  SELECT f.project_id, f.release,
    CASE WHEN bool_and(f.first_stored_at IS NOT NULL) THEN min(f.first_stored_at) END AS first_stored,
    min(h.first_hour) AS first_hour,
    max(h.last_hour) AS last_hour,
    max(s.last_slot) AS last_slot,
    sum(h.events)::bigint AS events,
    coalesce(sum(a.new_errors), 0)::bigint AS new_errors,
    coalesce(sum(a.regressed_errors), 0)::bigint AS regressed_errors
  FROM facets f
  LEFT JOIN hours h ON h.project_id = f.project_id AND h.facet_id = f.facet_id
  LEFT JOIN slots s ON s.project_id = f.project_id AND s.facet_id = f.facet_id
  LEFT JOIN arrivals a ON a.project_id = f.project_id AND a.facet_id = f.facet_id
  WHERE f.project_id = ANY ($1) AND f.release <> ''
  GROUP BY f.project_id, f.release
  HAVING sum(h.events) > 0
), dated AS (
  SELECT *,
    CASE WHEN first_hour < date_trunc('hour', first_stored, 'UTC') THEN first_hour ELSE first_stored END
      AS first_seen,
    count(*) OVER () AS total
  FROM releases
)
SELECT project_id, release, events, new_errors, regressed_errors, first_seen,
  greatest(
    CASE WHEN date_trunc('hour', last_slot, 'UTC') = last_hour THEN last_slot ELSE last_hour END,
    first_seen) AS last_seen,
  total
FROM dated
ORDER BY first_seen DESC NULLS LAST, last_seen DESC, project_id, release
LIMIT $4
