-- Adds a batch to the numbers of its errors. The latest event is the newest by its own time; among
-- equals the later one to arrive here.
INSERT INTO error_stats AS s (project_id, error_id, event_count, user_count, first_seen, last_seen,
                              latest_event_id, latest_day, level, source)
SELECT project_id, error_id, event_count, user_count, first_seen, last_seen,
       latest_event_id, latest_day, level, source
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
            $7::uuid[], $8::date[], $9::smallint[], $10::text[])
  AS new (project_id, error_id, event_count, user_count, first_seen, last_seen,
          latest_event_id, latest_day, level, source)
ORDER BY project_id, error_id
ON CONFLICT (project_id, error_id) DO UPDATE SET
  event_count = s.event_count + excluded.event_count,
  user_count = s.user_count + excluded.user_count,
  first_seen = least(s.first_seen, excluded.first_seen),
  last_seen = greatest(s.last_seen, excluded.last_seen),
  latest_event_id = CASE WHEN excluded.last_seen >= s.last_seen THEN excluded.latest_event_id ELSE s.latest_event_id END,
  latest_day = CASE WHEN excluded.last_seen >= s.last_seen THEN excluded.latest_day ELSE s.latest_day END,
  level = CASE WHEN excluded.last_seen >= s.last_seen THEN excluded.level ELSE s.level END,
  source = CASE WHEN excluded.last_seen >= s.last_seen THEN excluded.source ELSE s.source END
