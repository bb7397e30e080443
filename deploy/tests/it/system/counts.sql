-- The same events counted in every place that counts them.
SELECT
  (SELECT count(DISTINCT (project_id, event_id)) FROM events) AS stored,
  (SELECT coalesce(sum(event_count), 0)::bigint FROM error_stats) AS counted,
  (SELECT coalesce(sum(events), 0)::bigint FROM event_slots WHERE group_id <> 0) AS group_slots,
  (SELECT coalesce(sum(events), 0)::bigint FROM event_hours WHERE group_id <> 0) AS group_hours,
  (SELECT coalesce(sum(events), 0)::bigint FROM event_slots WHERE group_id = 0) AS project_slots,
  (SELECT coalesce(sum(events), 0)::bigint FROM event_hours WHERE group_id = 0) AS project_hours
