-- Takes the events of groups out of the project's totals by slot; what reaches 0 goes.
-- Upkeep merges slots to minutes after 2 hours and to hours after 48, not all rows at once, so the
-- slots of a group and those of the total may differ by then. They are compared by the coarsest
-- form that either may have: a little before its age a minute or hour counts as merged, and within
-- it the total loses its earliest counts first. Younger slots are compared as they are.
-- Primary key of event_slots, by group.
WITH border AS (
  SELECT date_trunc('minute', $3::timestamptz - interval '115 minutes') AS minutes,
         date_trunc('hour', $3::timestamptz - interval '47 hours') AS hours
), gone AS (
  SELECT s.facet_id, bucket.start, sum(s.events)::bigint AS events
  FROM event_slots s
  CROSS JOIN border
  CROSS JOIN LATERAL (SELECT CASE
    WHEN s.slot < border.hours THEN date_trunc('hour', s.slot)
    WHEN s.slot < border.minutes THEN date_trunc('minute', s.slot)
    ELSE s.slot END AS start) bucket
  WHERE s.project_id = $1 AND s.group_id = ANY ($2)
  GROUP BY s.facet_id, bucket.start
), totals AS (
  SELECT s.slot, s.facet_id, s.events, gone.events
    - (sum(s.events) OVER (PARTITION BY s.facet_id, bucket.start ORDER BY s.slot) - s.events) AS left_over
  FROM event_slots s
  CROSS JOIN border
  CROSS JOIN LATERAL (SELECT CASE
    WHEN s.slot < border.hours THEN date_trunc('hour', s.slot)
    WHEN s.slot < border.minutes THEN date_trunc('minute', s.slot)
    ELSE s.slot END AS start) bucket
  JOIN gone ON gone.facet_id = s.facet_id AND gone.start = bucket.start
  WHERE s.project_id = $1 AND s.group_id = 0
), parts AS (
  SELECT slot, facet_id, least(events, left_over)::bigint AS events
  FROM totals
  WHERE left_over > 0
), emptied AS (
  DELETE FROM event_slots t
  USING parts
  WHERE t.project_id = $1 AND t.group_id = 0 AND t.slot = parts.slot
    AND t.facet_id = parts.facet_id AND t.events <= parts.events
)
UPDATE event_slots t
SET events = t.events - parts.events
FROM parts
WHERE t.project_id = $1 AND t.group_id = 0 AND t.slot = parts.slot
  AND t.facet_id = parts.facet_id AND t.events > parts.events
