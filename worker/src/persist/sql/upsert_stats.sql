-- Adds a batch to the numbers of its errors. The latest event is the newest by its own time, among
-- equals the later one to arrive here; one without a payload ($11 null) gives way to any with one,
-- so that where neither has one, all of the error's are without and `last_seen` is the latest's time.
-- Payloads of an hour that is over start a new count; those of an earlier hour count in the later one.
INSERT INTO error_stats AS s (project_id, error_id, event_count, user_count, first_seen, last_seen,
                              latest_event_id, latest_day, level, source, latest_at, payload_hour, payloads)
SELECT project_id, error_id, event_count, user_count, first_seen, last_seen,
       latest_event_id, latest_day, level, source, coalesce(latest_at, '-infinity'), payload_hour, payloads
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
            $7::uuid[], $8::date[], $9::smallint[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::int[])
  AS new (project_id, error_id, event_count, user_count, first_seen, last_seen,
          latest_event_id, latest_day, level, source, latest_at, payload_hour, payloads)
ORDER BY project_id, error_id
ON CONFLICT (project_id, error_id) DO UPDATE SET
  event_count = s.event_count + excluded.event_count,
  user_count = s.user_count + excluded.user_count,
  first_seen = least(s.first_seen, excluded.first_seen),
  last_seen = greatest(s.last_seen, excluded.last_seen),
  latest_event_id = CASE
    WHEN excluded.latest_at >= coalesce(s.latest_at, s.last_seen)
      AND (isfinite(excluded.latest_at) OR excluded.last_seen >= s.last_seen)
    THEN excluded.latest_event_id ELSE s.latest_event_id END,
  latest_day = CASE
    WHEN excluded.latest_at >= coalesce(s.latest_at, s.last_seen)
      AND (isfinite(excluded.latest_at) OR excluded.last_seen >= s.last_seen)
    THEN excluded.latest_day ELSE s.latest_day END,
  level = CASE
    WHEN excluded.latest_at >= coalesce(s.latest_at, s.last_seen)
      AND (isfinite(excluded.latest_at) OR excluded.last_seen >= s.last_seen)
    THEN excluded.level ELSE s.level END,
  source = CASE
    WHEN excluded.latest_at >= coalesce(s.latest_at, s.last_seen)
      AND (isfinite(excluded.latest_at) OR excluded.last_seen >= s.last_seen)
    THEN excluded.source ELSE s.source END,
  latest_at = greatest(coalesce(s.latest_at, s.last_seen), excluded.latest_at),
  payloads = excluded.payloads + CASE WHEN excluded.payload_hour > s.payload_hour THEN 0 ELSE s.payloads END,
  payload_hour = greatest(s.payload_hour, excluded.payload_hour)
