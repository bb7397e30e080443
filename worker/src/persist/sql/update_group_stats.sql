-- Adds a batch to the numbers of groups that share their error with others. Which event is the latest goes
-- by the same rule as in error_stats. The rows of one error are changed by one transaction at a time, which
-- has locked the error. Primary key.
UPDATE group_stats s SET
  event_count = s.event_count + new.event_count,
  user_count = s.user_count + new.user_count,
  first_seen = least(s.first_seen, new.first_seen),
  last_seen = greatest(s.last_seen, new.last_seen),
  latest_event_id = CASE WHEN new.is_latest THEN new.latest_event_id ELSE s.latest_event_id END,
  latest_day = CASE WHEN new.is_latest THEN new.latest_day ELSE s.latest_day END,
  level = CASE WHEN new.is_latest THEN new.level ELSE s.level END,
  source = CASE WHEN new.is_latest THEN new.source ELSE s.source END,
  latest_at = greatest(s.latest_at, new.latest_at),
  newest = greatest(s.newest, new.newest),
  newest_receipt = greatest(s.newest_receipt, new.newest_receipt)
FROM (
  SELECT given.*, given.latest_at >= old.latest_at
           AND (isfinite(given.latest_at) OR given.last_seen >= old.last_seen) AS is_latest
  FROM (
    SELECT project_id, group_id, event_count, user_count, first_seen, last_seen, latest_event_id, latest_day,
           level, source, coalesce(latest_at, '-infinity') AS latest_at, newest, newest_receipt
    FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
                $7::uuid[], $8::date[], $9::smallint[], $10::text[], $11::timestamptz[],
                $12::timestamptz[], $13::timestamptz[])
      AS new (project_id, group_id, event_count, user_count, first_seen, last_seen, latest_event_id,
              latest_day, level, source, latest_at, newest, newest_receipt)
  ) given
  JOIN group_stats old USING (project_id, group_id)
) new
WHERE s.project_id = new.project_id AND s.group_id = new.group_id
